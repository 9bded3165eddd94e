/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ABI_RUN_EXIT_H
#define ABI_RUN_EXIT_H

/* Why HYPERCALL_VCPU_RUN came back (RCX bits 7:0 where RAX is STATUS_OK). */
enum run_exit {
    /* A physical interrupt is pending for the manager, or the slice is over.  Run again at will. */
    RUN_INTERRUPTED = 0,
    /* The guest made a TDVMCALL that the manager must answer with the next run
     * (abi/guest_call.h: I/O port, MMIO). */
    RUN_GUEST_CALL = 1,
    /* The vCPU halted and has nothing to do.  RDX = TSC value at which its own timer fires
     * (all ones: never).  Run it again then, or after VCPU_INTERRUPT. */
    RUN_HALTED = 2,
    /* The guest is stopped for good.  RDX = enum kill_reason, RSI = detail (0 where another vCPU was the
     * reason; both 0 where the guest is being destroyed).  For
     * KILL_FATAL_ERROR the registers it named are disclosed instead (R12: its code). */
    RUN_KILLED = 3,
    /* The vCPU sent an interrupt to vCPUs of its guest that no CPU runs: run these, or they
     * stay halted.  RDX = which: bit n for vCPUs n, n + RUN_WAKE_VCPUS, ...  It can go on, too. */
    RUN_WAKE = 4,
};
#define RUN_WAKE_VCPUS 64u

enum kill_reason {
    KILL_NONE = 0,
    KILL_TRIPLE_FAULT = 1,
    KILL_PRIVATE_ABSENT = 2,  /* detail: guest-physical address, not donated or not private */
    KILL_ENTRY_FAILED = 3,    /* detail: VM-instruction error or exit reason */
    KILL_UNEXPECTED_EXIT = 4, /* detail: exit reason */
    KILL_FATAL_ERROR = 5,     /* the guest asked for it: TDVMCALL ReportFatalError */
    KILL_DOUBLE_VE = 6,       /* a #VE that could not be delivered */
    KILL_EVENT_FAULT = 7,     /* detail: exit reason; a fault while an event was delivered */
};

#endif
