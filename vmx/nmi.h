/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_NMI_H
#define VMX_NMI_H

#include <stdbool.h>
#include <stdint.h>

/* Was the exit with this interruption information an NMI or a machine check, which are the core's?  An NMI has then been
 * acknowledged and NMIs are unblocked; a machine check has panicked. */
bool nmi_or_machine_check(uint64_t info);

#endif
