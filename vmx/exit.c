/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/exit.h"

#include "arch/x86_64/cpu_bugs.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/vector.h"
#include "ept/ept_flush.h"
#include "isolation/partition.h"
#include "lib/limits.h"
#include "vmx/debug_registers.h"
#include "vmx/entry.h"
#include "vmx/exit_manager.h"
#include "vmx/exit_reason.h"
#include "vmx/kick.h"
#include "vmx/nmi.h"
#include "vmx/run.h"
#include "vmx/vcpu_state.h"
#include "vmx/vmcs.h"
#include "vmx/vmcs_control.h"

/* The machine goes off, and this CPU with it.  Not by way of the manager, which would only ask for the guest again. */
static _Noreturn void stop_in_guest(void)
{
    (void)run_return_interrupted();
    run_finish();
    kick_stop();
}

/* #UD, #DB, #AC, and what is not the guest's: NMI and machine checks. */
static enum exit_next exit_exception_or_nmi(void)
{
    uint64_t info = vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);

    /* Most are TDCALLs. */
    if ((info & INTERRUPTION_VECTOR_MASK) != VECTOR_UD && nmi_or_machine_check(info)) {
        event_requeue();
        if (kick_is_stopping()) {
            stop_in_guest();
        }
        return NEXT_RESUME;
    }
    return exit_exception(info);
}

EXIT_HANDLER static enum exit_next exit_guest(uint32_t reason)
{
    /* The most frequent first: TDCALL, the virtual x2APIC. */
    if (reason == EXIT_EXCEPTION_OR_NMI) {
        return exit_exception_or_nmi();
    }
    if (reason == EXIT_WRMSR) {
        return exit_wrmsr();
    }
    if (reason == EXIT_RDMSR) {
        return exit_rdmsr();
    }
    if (reason == EXIT_CPUID) {
        return exit_cpuid();
    }
    switch (reason) {
    case EXIT_EXTERNAL_INTERRUPT:
        event_requeue();
        return run_return_interrupted();
    case EXIT_TRIPLE_FAULT:
        return run_return_killed(KILL_TRIPLE_FAULT, 0);
    case EXIT_INTERRUPT_WINDOW:
        return exit_interrupt_window();
    case EXIT_CR_ACCESS:
        return exit_cr_access();
    case EXIT_MOV_DR: /* executed again */
        debug_registers_use();
        return NEXT_RESUME;
    case EXIT_IO_INSTRUCTION:
        return exit_io_instruction();
    case EXIT_EPT_VIOLATION:
        return exit_ept_violation();
    case EXIT_PREEMPTION_TIMER:
        return exit_preemption_timer();
    case EXIT_XSETBV:
        return exit_xsetbv();
    case EXIT_APIC_WRITE:
        return exit_apic_write();
    case EXIT_TDCALL:
        return exit_tdcall();
    case EXIT_INIT:
    case EXIT_SIPI:
        event_requeue();
        return NEXT_RESUME;
    default:
        return exit_instruction(reason);
    }
}

/* False: the manager must be told first. */
static bool guest_may_enter(struct percpu *this)
{
    if (run_before_entry(this) == NEXT_MANAGER) {
        return false;
    }
    ept_flush_enter(this->cpu, this->partition);
    /* Was it killed meanwhile? */
    if (partition_runs(this->partition)) {
        return true;
    }
    ept_flush_leave(this->cpu);
    run_return_stopped(partition_killed(this->partition));
    return false;
}

/* Everything that must hold when a partition is entered; the current vCPU may change on the way. */
static inline void prepare_entry(struct percpu *this)
{
    if (this->partition != PARTITION_MANAGER && !guest_may_enter(this)) {
        run_finish();
    }
    if (this->partition == PARTITION_MANAGER) {
        ept_flush_enter(this->cpu, PARTITION_MANAGER);
    }
    cpu_bugs_before_entry();
}

void exit_dispatch(void)
{
    struct percpu *this = percpu_this();
    uint32_t reason = (uint32_t)vmcs_read(VMCS_EXIT_REASON);

    ept_flush_leave(this->cpu);
    if ((reason & EXIT_REASON_ENTRY_FAILURE) != 0) {
        exit_entry_failed(reason);
    } else if (this->partition == PARTITION_MANAGER) {
        exit_manager(reason & EXIT_REASON_BASIC_MASK);
    } else if (exit_guest(reason & EXIT_REASON_BASIC_MASK) == NEXT_MANAGER) {
        run_finish();
    }
    prepare_entry(this);
}

void exit_entry_failed(uint64_t detail)
{
    struct percpu *this = percpu_this();

    /* The manager's state is what the core made of it: nobody is left to tell. */
    if (this->partition == PARTITION_MANAGER) {
        panic(PANIC_MANAGER_ENTRY, detail, vmcs_read(VMCS_EXIT_QUALIFICATION));
    }
    run_return_killed(KILL_ENTRY_FAILED, detail);
    run_finish();
}

void exit_entry_refused(void)
{
    struct percpu *this = percpu_this();

    ept_flush_leave(this->cpu);
    exit_entry_failed(vmcs_read(VMCS_INSTRUCTION_ERROR));
    /* The manager's vCPU is the current one now. */
    ept_flush_enter(this->cpu, PARTITION_MANAGER);
    cpu_bugs_before_entry();
}
