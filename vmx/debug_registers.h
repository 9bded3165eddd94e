/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_DEBUG_REGISTERS_H
#define VMX_DEBUG_REGISTERS_H

#include "vmx/vcpu_state.h"

/*
 * DR0-3 and DR6 (DR7 is in the VMCS).  A vCPU for which they are as after reset does not reach them: MOV DR exits, the
 * CPU has the reset values, and a switch has nothing to do.  The others have them switched eagerly, and leave the
 * reset values behind.
 * Source: Intel SDM Vol. 3B, "Debug Registers"; Vol. 3C, "MOV-DR exiting".
 */

/* Once on each CPU: the reset values. */
void debug_registers_init(void);

/* From now on the current vCPU reaches them: it executed MOV DR, or the core is about to set its DR6. */
void debug_registers_use(void);

/* Take them off the CPU, and put them on it; for a vCPU with state->uses_debug, whose VMCS is current. */
__attribute__((noinline)) void debug_registers_save(struct vcpu_state *state);
__attribute__((noinline)) void debug_registers_load(const struct vcpu_state *state);

#endif
