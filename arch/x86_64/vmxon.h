/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_VMXON_H
#define ARCH_X86_64_VMXON_H

#include <stdint.h>

#include "lib/addr.h"

/* Refuse the machine, by a sentence, if VMX is missing or locked off by the firmware; at boot, before any CPU is taken. */
void vmxon_check(void);

/* Put this CPU in VMX root operation, for ever.  `region` is a zeroed frame of the core, kept for it.
 * FEATURE_CONTROL is set and locked if the firmware left it open.
 * Source: Intel SDM Vol. 3C, "Enabling and Entering VMX Operation". */
void vmxon_this_cpu(hfn_t region);

/* VMCS revision identifier, from IA32_VMX_BASIC. */
uint32_t vmxon_revision(void);

#endif
