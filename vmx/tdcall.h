/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_TDCALL_H
#define VMX_TDCALL_H

#include "vmx/exit.h"
#include "vmx/tdvmcall.h"

/* TDCALL is `66 0F 01 CC`, whichever way it came to the core. */
#define TDCALL_BYTES  0xcc010f66u /* as a little-endian number */
#define TDCALL_LENGTH 4u
#define TDCALL_LEAVES 32u /* RAX below this may be a TDCALL */

/*@ predicate tdcall_known(integer n) = n == TDG_VP_VMCALL || n == TDG_VP_INFO || n == TDG_VP_VEINFO_GET || n == TDG_MEM_PAGE_ACCEPT ||
      n == TDG_VM_RD || n == TDG_VM_WR;
*/
/* The current vCPU executed TDCALL at CPL 0 in 64-bit mode: RAX = leaf.  Moves RIP on; RAX = status.
 * Source: Intel TDX Module v1.5 ABI Definition, "Guest-Side (TDCALL) Interface Functions". */
/*@ requires map_gpa_ready && tables_inv && percpu_here.vcpu < VCPUS_MAX;
    assigns state_here.gpr.rax, state_here.gpr.rcx, state_here.gpr.rdx, state_here.gpr.r8, state_here.gpr.r9,
            state_here.gpr.r10, state_here.gpr.r11, state_here.gpr.r12, state_here.gpr.r13, state_here.gpr.r14,
            state_here.gpr.r15, state_here.ve.valid, state_here.vlapic, state_here.virtual_apic[0 .. VIRTUAL_APIC_WORDS - 1], state_here.halted, state_here.call_function,
            state_here.call_mask, percpu_here.run_kind, percpu_here.run_mask, percpu_here.run_value,
            percpu_here.run_detail, held,
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    // Only a TDVMCALL reaches the manager, and only with what its mask names.
    ensures manager: \result == NEXT_MANAGER ==> \old(state_here.gpr.rax) == TDG_VP_VMCALL && (percpu_here.run_mask == 0 ||
      (percpu_here.run_mask == \old(state_here.gpr.rcx) && gpr_mask_ok(\old(state_here.gpr.rcx))));
    ensures unknown: !tdcall_known(\old(state_here.gpr.rax)) ==> state_here.gpr.rax == TDX_OPERAND_INVALID &&
      state_here.gpr.rcx == \old(state_here.gpr.rcx) && state_here.gpr.r8 == \old(state_here.gpr.r8);
*/
EXIT_HANDLER enum exit_next tdcall(void);

#endif
