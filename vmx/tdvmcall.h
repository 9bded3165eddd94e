/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_TDVMCALL_H
#define VMX_TDVMCALL_H

#include "vmx/exit.h"
#include "vmx/gpr.h"
#include "vmx/gpr_mask.h"
#include "vmx/map_gpa.h"
#include "vmx/vcpu_state.h"

/*
 * TDG.VP.VMCALL: what a guest asks of its host.  The core answers all but port and memory I/O, which go to
 * the manager with the registers that the guest's mask names, and with no other.
 * Source: Intel TDX Guest-Host Communication Interface (GHCI), "TDG.VP.VMCALL Leafs".
 */

/*@ predicate tdvmcall_refused{L} = \at(state_here.gpr.r10,L) == TDVMCALL_INVALID_OPERAND && \at(state_here.gpr.r11,L) == 0;
    predicate tdvmcall_known(integer n) = n == TDVMCALL_CPUID || n == TDVMCALL_HLT || n == TDVMCALL_IO || n == TDVMCALL_RDMSR ||
      n == TDVMCALL_WRMSR || n == TDVMCALL_MMIO || n == TDVMCALL_MAP_GPA || n == TDVMCALL_REPORT_FATAL_ERROR;
    predicate access_size(integer n) = n == 1 || n == 2 || n == 4 || n == 8;
    predicate port_access_ok(integer size, integer direction, integer port) =
      access_size(size) && size <= 4 && direction <= 1 && port < 65536;
    // Within one page, to a shared address.
    predicate memory_access_ok(integer size, integer direction, integer address) = access_size(size) && direction <= 1 &&
      address % 4096 + size <= 4096 && shared_bit_gfn <= address / 4096 < 2 * shared_bit_gfn;
*/

/* The current vCPU made one: RCX = mask, R10 = 0, R11 = function. */
/*@ requires map_gpa_ready && percpu_here.vcpu < VCPUS_MAX;
    assigns state_here.gpr.rax, state_here.gpr.r10, state_here.gpr.r11, state_here.gpr.r12, state_here.gpr.r13,
            state_here.gpr.r14, state_here.gpr.r15, state_here.vlapic, state_here.virtual_apic[0 .. VIRTUAL_APIC_WORDS - 1], state_here.halted, state_here.call_function,
            state_here.call_mask, percpu_here.run_kind, percpu_here.run_mask, percpu_here.run_value, percpu_here.run_detail, held,
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures status: state_here.gpr.rax == TDX_SUCCESS <==> gpr_mask_ok(state_here.gpr.rcx);
    ensures wrong: state_here.gpr.rax == TDX_SUCCESS || state_here.gpr.rax == TDX_OPERAND_INVALID;
    // The manager learns of the call only what the guest named, and never a register that must not be disclosed.
    ensures disclosed: \result == NEXT_MANAGER ==> percpu_here.run_mask == 0 ||
      (percpu_here.run_mask == state_here.gpr.rcx && gpr_mask_ok(state_here.gpr.rcx));
    ensures unknown: gpr_mask_ok(state_here.gpr.rcx) ==> \old(state_here.gpr.r10) != 0 || !tdvmcall_known(\old(state_here.gpr.r11)) ==>
      \result == NEXT_RESUME && tdvmcall_refused;
    ensures port: gpr_mask_ok(state_here.gpr.rcx) ==> \old(state_here.gpr.r10) == 0 && \old(state_here.gpr.r11) == TDVMCALL_IO ==>
      (\result == NEXT_MANAGER <==> port_access_ok(\old(state_here.gpr.r12), \old(state_here.gpr.r13), \old(state_here.gpr.r14)));
    ensures memory: gpr_mask_ok(state_here.gpr.rcx) ==> \old(state_here.gpr.r10) == 0 && \old(state_here.gpr.r11) == TDVMCALL_MMIO ==>
      (\result == NEXT_MANAGER <==> memory_access_ok(\old(state_here.gpr.r12), \old(state_here.gpr.r13), \old(state_here.gpr.r14)));
*/
EXIT_HANDLER enum exit_next tdvmcall(void);

/* The manager's answer to the call that waits (call_mask not 0; otherwise nothing happens): with the guest's
 * VMCS and state current, before it is entered again.  `reply` is the core's copy of the manager's registers:
 * those named by the mask of the call are taken, no other. */
/*@ requires \valid_read(reply) && \separated(reply, &state_here);
    assigns state_here.gpr.rbx, state_here.gpr.rdx, state_here.gpr.rsi, state_here.gpr.rdi, state_here.gpr.r8,
            state_here.gpr.r9, state_here.gpr.r10, state_here.gpr.r11, state_here.gpr.r12, state_here.gpr.r13,
            state_here.gpr.r14, state_here.gpr.r15, state_here.call_mask;
    ensures answered: state_here.call_mask == 0;
*/
EXIT_HANDLER void tdvmcall_reply(const struct gpr_file *reply);

#endif
