/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/cr.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/vector.h"
#include "vmx/debug_registers.h"
#include "vmx/exit.h"
#include "vmx/exit_reason.h"
#include "vmx/instruction_check.h"
#include "vmx/tdcall.h"
#include "vmx/vcpu_state.h"
#include "vmx/vmcs.h"
#include "vmx/vmcs_control.h"

#define CS_LONG      (1u << 13) /* access rights of CS: 64-bit code */
#define SS_DPL_SHIFT 5u
#define SS_DPL_MASK  3u

/* Exit qualification of #DB has the places of DR6.  Source: Intel SDM Vol. 3C, "Exit Qualification for Debug
 * Exceptions", "Debug Status Register (DR6)". */
enum debug_bits {
    DR6_BREAKPOINTS = 0xf,
    DR6_BD = 1 << 13,
    DR6_BS = 1 << 14,
    DR7_GD = 1 << 13,
    PENDING_BS = 1 << 14,
};
#define DR6_KEPT_BITS (DR6_BREAKPOINTS | DR6_BD | DR6_BS)

/* An IRET that faulted had ended NMI blocking already: with the exception it is as if it had not. */
static void restore_nmi_blocking(uint64_t info)
{
    if ((info & INTERRUPTION_NMI_UNBLOCKING) != 0 &&
        (vmcs_read(VMCS_IDT_VECTORING_INFO) & INTERRUPTION_VALID) == 0) {
        vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) | BLOCKING_BY_NMI);
    }
}

/* The exit has left DR6 and DR7 as they were, and blocking by STI or MOV SS demands a pending single step. */
static void reflect_debug(void)
{
    const uint64_t cause = vmcs_read(VMCS_EXIT_QUALIFICATION) & DR6_KEPT_BITS;
    const uint64_t blocking = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS);

    debug_registers_use();
    insn_write_dr6((insn_read_dr6() & ~(uint64_t)DR6_BREAKPOINTS) | cause);
    vmcs_write(VMCS_GUEST_DR7, vmcs_read(VMCS_GUEST_DR7) & ~(uint64_t)DR7_GD);
    if (blocking != 0 && (vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_TF) != 0) {
        vmcs_write(VMCS_GUEST_PENDING_DEBUG_EXCEPTIONS,
                   vmcs_read(VMCS_GUEST_PENDING_DEBUG_EXCEPTIONS) | PENDING_BS);
    }
    event_inject_exception(VECTOR_DB);
}

/* Cheap questions first.  On CPUs without TDX the instruction is not defined. */
static bool is_tdcall(void)
{
    return vcpu_state()->gpr.rax < TDCALL_LEAVES &&
           ((vmcs_read(VMCS_GUEST_SS_ACCESS_RIGHTS) >> SS_DPL_SHIFT) & SS_DPL_MASK) == 0 &&
           (vmcs_read(VMCS_GUEST_CS_ACCESS_RIGHTS) & CS_LONG) != 0 &&
           instruction_check_is_tdcall(vmcs_read(VMCS_GUEST_RIP));
}

/* Not the core's: the guest gets it. */
static EXIT_HANDLER enum exit_next reflect(void)
{
    const uint64_t info = vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);

    switch (info & INTERRUPTION_VECTOR_MASK) {
    case VECTOR_UD:
        restore_nmi_blocking(info);
        event_inject_exception(VECTOR_UD);
        return NEXT_RESUME;
    case VECTOR_DB:
        restore_nmi_blocking(info);
        reflect_debug();
        return NEXT_RESUME;
    case VECTOR_AC:
        restore_nmi_blocking(info);
        event_inject_exception_with_code(VECTOR_AC, (uint32_t)vmcs_read(VMCS_EXIT_INTERRUPTION_ERROR_CODE));
        return NEXT_RESUME;
    default:
        return run_return_killed(KILL_UNEXPECTED_EXIT, EXIT_EXCEPTION_OR_NMI);
    }
}

enum exit_next exit_exception(uint64_t info)
{
    return (info & INTERRUPTION_VECTOR_MASK) == VECTOR_UD && is_tdcall() ? tdcall() : reflect();
}
