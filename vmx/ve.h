/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_VE_H
#define VMX_VE_H

#include <stdint.h>

#include "abi/guest_call.h"
#include "vmx/exit.h"
#include "vmx/vcpu_state.h"

/*
 * #VE: what a TDX guest gets where other guests are emulated.  A second #VE before the guest has taken the
 * information of the first is a #DF.
 * Source: Intel TDX Module v1.5 Base Architecture Specification, "Virtualization Exception (#VE)".
 */

/* #VE for the instruction that exited for `reason`. */
/*@ assigns state_here.ve;
    ensures \result == NEXT_RESUME;
*/
enum exit_next ve_raise_instruction(uint32_t reason);
/* #VE for an EPT violation at guest-physical address `address`, shared bit included. */
/*@ assigns state_here.ve;
    ensures \result == NEXT_RESUME;
*/
enum exit_next ve_raise_memory(uint64_t address, uint64_t qualification);
/* TDG.VP.VEINFO.GET: the information goes to the guest's registers and is not valid any more.  Returns RAX. */
/*@ assigns state_here.gpr.rcx, state_here.gpr.rdx, state_here.gpr.r8, state_here.gpr.r9, state_here.gpr.r10, state_here.ve.valid;
    ensures none: \old(state_here.ve.valid) == 0 ==> \result == TDX_NO_VALID_VE_INFO &&
      state_here.gpr.rcx == \old(state_here.gpr.rcx) && state_here.gpr.rdx == \old(state_here.gpr.rdx) &&
      state_here.gpr.r8 == \old(state_here.gpr.r8) && state_here.gpr.r9 == \old(state_here.gpr.r9) &&
      state_here.gpr.r10 == \old(state_here.gpr.r10);
    ensures given: \old(state_here.ve.valid) != 0 ==> \result == TDX_SUCCESS && state_here.gpr.rcx == state_here.ve.exit_reason &&
      state_here.gpr.rdx == state_here.ve.qualification && state_here.gpr.r8 == state_here.ve.linear_address &&
      state_here.gpr.r9 == state_here.ve.physical_address && state_here.gpr.r10 == state_here.ve.length_and_info;
    ensures once: state_here.ve.valid == 0;
*/
uint64_t ve_info_get(void);

#endif
