/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_EXIT_H
#define VMX_EXIT_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/run_exit.h"

/* What happens after an exit of a guest was handled. */
enum exit_next {
    NEXT_RESUME = 0,  /* enter the same vCPU again */
    NEXT_MANAGER = 1, /* VCPU_RUN returns: what was said with run_return_* */
};

/* Say what VCPU_RUN returns (vmx/run.c); each gives NEXT_MANAGER back, for `return run_return_...`. */
enum exit_next run_return_interrupted(void);
/* The registers in `mask` (abi/guest_call.h) of the current vCPU are disclosed. */
enum exit_next run_return_guest_call(uint64_t mask);
enum exit_next run_return_halted(uint64_t deadline);
/* The partition is dead from now on: its vCPUs are never entered again.  Audited. */
enum exit_next run_return_killed(enum kill_reason reason, uint64_t detail);
/* Another vCPU, or the manager, has stopped it: for `reason`, KILL_NONE where it is being destroyed. */
enum exit_next run_return_stopped(enum kill_reason reason);
/* An IPI of the guest wants vCPUs that no CPU runs: percpu_this()->wake_mask. */
enum exit_next run_return_wake(void);
/* KILL_FATAL_ERROR: the registers in `mask` are disclosed. */
enum exit_next run_return_fatal_error(uint64_t mask);

/* Move RIP behind the instruction that exited (VM-exit instruction length), and end blocking by STI and MOV SS. */
void exit_skip_instruction(void);
/* The same, for an instruction whose length the exit does not give. */
void exit_skip_bytes(uint64_t length);

/* Inject into the current vCPU at the next entry (vmx/event.c). */
void event_inject_exception(uint32_t vector);
void event_inject_exception_with_code(uint32_t vector, uint32_t error_code);
void event_inject_interrupt(uint32_t vector);
/* Is an event already waiting for injection? */
bool event_pending(void);

/* Inject again the event whose delivery this exit interrupted, if it did. */
void event_requeue(void);

/* Handlers are not inlined into one another: an exit saves no register that only another kind of exit needs. */
#define EXIT_HANDLER __attribute__((noinline))

/* Exit handlers of guests, one file each; called with the guest's VMCS current. */
/* #UD (TDCALL or reflected), #DB, #AC; not NMI, not #MC.  `info`: VM-exit interruption information. */
EXIT_HANDLER enum exit_next exit_exception(uint64_t info);
EXIT_HANDLER enum exit_next exit_tdcall(void); /* exit reason 77 */
EXIT_HANDLER enum exit_next exit_cpuid(void);
EXIT_HANDLER enum exit_next exit_cr_access(void);
EXIT_HANDLER enum exit_next exit_io_instruction(void); /* #VE */
EXIT_HANDLER enum exit_next exit_rdmsr(void);
EXIT_HANDLER enum exit_next exit_wrmsr(void);
EXIT_HANDLER enum exit_next exit_ept_violation(void);
EXIT_HANDLER enum exit_next exit_xsetbv(void);
EXIT_HANDLER enum exit_next exit_interrupt_window(void);
EXIT_HANDLER enum exit_next exit_apic_write(void);
EXIT_HANDLER enum exit_next exit_preemption_timer(void);
/* HLT, WBINVD, INVD, MWAIT, MONITOR, RDPMC, GETSEC, ENCLS, VMX instructions, XSAVES ...: #VE, #UD, #GP
 * or skipped, as the TDX guest ABI says for each. */
EXIT_HANDLER enum exit_next exit_instruction(uint32_t reason);

/* The same for the manager; they always resume it. */
EXIT_HANDLER void exit_manager_cpuid(void);
EXIT_HANDLER void exit_manager_cr_access(void);
EXIT_HANDLER void exit_manager_rdmsr(void);
EXIT_HANDLER void exit_manager_wrmsr(void);
EXIT_HANDLER void exit_manager_xsetbv(void);

#endif
