/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_EFER_H
#define VMX_EFER_H

#include <stdbool.h>
#include <stdint.h>

/* The current vCPU, guest or manager, writes `value` to IA32_EFER.  False: #GP(0).
 * Source: Intel SDM Vol. 3A, "Extended Feature Enable Register"; Vol. 3C, "Checks on Guest Control Registers,
 * Debug Registers, and MSRs". */
bool efer_write(uint64_t value);

#endif
