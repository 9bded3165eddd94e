/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/exit_manager.h"

#include "abi/audit.h"
#include "arch/x86_64/cr.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/vector.h"
#include "isolation/audit.h"
#include "vmx/debug_registers.h"
#include "vmx/exit.h"
#include "vmx/exit_reason.h"
#include "vmx/hypercall.h"
#include "vmx/kick.h"
#include "vmx/nmi.h"
#include "vmx/vmcs.h"
#include "vmx/vmcs_control.h"
#include "vmx/vmcs_setup.h"

/* Page-fault error code.  Source: Intel SDM Vol. 3A, "Page-Fault Exceptions". */
enum page_fault_code {
    PAGE_FAULT_PRESENT = 1u << 0,
    PAGE_FAULT_WRITE = 1u << 1,
    PAGE_FAULT_FETCH = 1u << 4,
    PAGE_FAULT_DENIED = 1u << 15, /* "SGX": violates access control that the page tables do not say */
};

static void deny_port(void)
{
    uint64_t qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);

    audit_record(AUDIT_MANAGER_PORT_DENIED, qualification >> IO_PORT_SHIFT & IO_PORT_MASK, qualification, 0);
    event_inject_exception_with_code(VECTOR_GP, 0);
}

static void manager_cannot_go_on(uint32_t reason)
{
    audit_record(AUDIT_MANAGER_EXCEPTION, reason, vmcs_read(VMCS_GUEST_RIP), 0);
    panic(PANIC_MANAGER_DEAD, reason, vmcs_read(VMCS_GUEST_RIP));
}

/* Did it fault while an exception or interrupt was delivered?  Then it has no stack or table to go on with; and if that was
 * the double fault, nothing at all. */
static bool faulted_in_delivery(void)
{
    const uint64_t event = vmcs_read(VMCS_IDT_VECTORING_INFO);

    if ((event & INTERRUPTION_VALID) == 0) {
        return false;
    }
    if ((event & INTERRUPTION_VECTOR_MASK) == VECTOR_DF) {
        manager_cannot_go_on(EXIT_EPT_VIOLATION);
    }
    event_inject_exception_with_code(VECTOR_DF, 0);
    return true;
}

/* The manager touched what is not its own: it is told as by a page fault, and may go on. */
static void deny_memory(void)
{
    uint64_t qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);
    uint32_t code = PAGE_FAULT_PRESENT | PAGE_FAULT_DENIED;

    audit_record(AUDIT_MANAGER_MEMORY_DENIED, vmcs_read(VMCS_GUEST_PHYSICAL_ADDRESS), qualification, 0);
    if (faulted_in_delivery()) {
        return;
    }
    if ((qualification & EPT_VIOLATION_WRITE) != 0) {
        code |= PAGE_FAULT_WRITE;
    }
    if ((qualification & EPT_VIOLATION_FETCH) != 0) {
        code |= PAGE_FAULT_FETCH;
    }
    if ((qualification & EPT_VIOLATION_LINEAR_VALID) != 0) {
        insn_write_cr2(vmcs_read(VMCS_GUEST_LINEAR_ADDRESS));
    }
    event_inject_exception_with_code(VECTOR_PF, code);
}

/* #UD, #DB, #AC go back to the manager as if nothing had been seen. */
static void reflect_exception(uint64_t info)
{
    uint32_t vector = (uint32_t)info & INTERRUPTION_VECTOR_MASK;

    if (vector == VECTOR_DB) {
        uint64_t qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);

        debug_registers_use();
        insn_write_dr6(insn_read_dr6() | qualification);
    }
    if ((info & INTERRUPTION_HAS_ERROR_CODE) != 0) {
        event_inject_exception_with_code(vector, (uint32_t)vmcs_read(VMCS_EXIT_INTERRUPTION_ERROR_CODE));
    } else {
        event_inject_exception(vector);
    }
}

static void exception_or_nmi(void)
{
    uint64_t info = vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);

    if (nmi_or_machine_check(info)) {
        event_requeue();
        if (kick_is_stopping()) {
            kick_stop();
        }
        return;
    }
    reflect_exception(info);
}

void exit_manager(uint32_t reason)
{
    if (reason == EXIT_VMCALL) { /* nearly always */
        hypercall();
        return;
    }
    switch (reason) {
    case EXIT_EXCEPTION_OR_NMI:
        exception_or_nmi();
        return;
    case EXIT_CPUID:
        exit_manager_cpuid();
        return;
    case EXIT_CR_ACCESS:
        exit_manager_cr_access();
        return;
    case EXIT_MOV_DR: /* executed again */
        debug_registers_use();
        return;
    case EXIT_IO_INSTRUCTION:
        deny_port();
        return;
    case EXIT_RDMSR:
        exit_manager_rdmsr();
        return;
    case EXIT_WRMSR:
        exit_manager_wrmsr();
        return;
    case EXIT_XSETBV:
        exit_manager_xsetbv();
        return;
    case EXIT_EPT_VIOLATION:
        deny_memory();
        return;
    case EXIT_PREEMPTION_TIMER: /* and kick_acknowledge() may have met the switch back to this VMCS */
        vmcs_write(VMCS_PREEMPTION_TIMER, VMCS_SETUP_MANAGER_TICKS);
        event_requeue();
        return;
    case EXIT_INIT:
    case EXIT_SIPI:
        event_requeue();
        return;
    case EXIT_INVD:
    case EXIT_WBINVD:
        exit_skip_instruction();
        return;
    case EXIT_RDPMC:
        event_inject_exception_with_code(VECTOR_GP, 0);
        return;
    case EXIT_TRIPLE_FAULT:
    case EXIT_TASK_SWITCH:
        manager_cannot_go_on(reason);
        return;
    default:
        /* Instructions the manager does not have: VMX, SMX, SGX, MONITOR, TDCALL. */
        audit_record(AUDIT_MANAGER_EXCEPTION, reason, vmcs_read(VMCS_GUEST_RIP), 0);
        event_inject_exception(VECTOR_UD);
        return;
    }
}
