/* SPDX-License-Identifier: Apache-2.0 */
/* A manager that single-steps a guest with a pending interrupt: after a few steps the vCPU is refused for a while. */
#include "abi/audit.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"

#define TIMER_VECTOR      0x40u
#define LVT_DEADLINE_MODE (2u << 17)
#define MSR_LVT_TIMER     0x832u
#define MSR_TSC_DEADLINE  0x6e0u
#define STEPS             64u
#define SLICE_LEAST       2000u /* time-stamp counter ticks: abi/hypercall.h */

static void spin_with_interrupts_on(void)
{
    __asm__ volatile("sti\n1:\tpause\n\tjmp 1b");
}

void tiny_main(const struct boot_info *boot)
{
    struct tiny_guest guest;
    struct tiny_run run = {.slice = 100000};
    uint64_t sequence = tiny_audit_next();
    uint32_t stepped = 0;
    uint64_t started;
    uint64_t deadline;

    if (!tiny_guest_make(&guest, spin_with_interrupts_on)) {
        tiny_check("a guest can be made", false);
        return;
    }
    run.vcpu = guest.vcpu;
    tiny_vcpu_run(&run);
    tiny_check_equal("the guest runs to the end of its slice", tiny_run_kind(&run), RUN_INTERRUPTED);
    run.slice = 1;
    started = tiny_rdtsc();
    tiny_vcpu_run(&run);
    tiny_check("a slice of one tick is made longer", tiny_rdtsc() - started >= SLICE_LEAST);
    run.slice = 100000;
    /* The manager's interrupts are off: this one stays pending and ends every entry. */
    tiny_check("the timer is the manager's",
               tiny_try_wrmsr(MSR_LVT_TIMER, TIMER_VECTOR | LVT_DEADLINE_MODE) == TINY_NO_FAULT &&
                   tiny_try_wrmsr(MSR_TSC_DEADLINE, tiny_rdtsc() + 1) == TINY_NO_FAULT);
    for (run.status = STATUS_OK; stepped < STEPS && run.status == STATUS_OK; stepped++) {
        tiny_vcpu_run(&run);
    }
    tiny_check_equal("single steps are refused after a while", run.status, STATUS_BUSY);
    tiny_check("not after the first", stepped > 4);
    tiny_check("the audit log says so",
               tiny_call(HYPERCALL_AUDIT_READ, tiny_audit_next() - 1, AUDIT_WORD_EVENT, 0, 0, 0).value ==
                       AUDIT_STEPPING_SUSPECTED &&
                   tiny_audit_next() > sequence);
    /* Take the interrupt, wait: the guest goes on. */
    __asm__ volatile("sti\n\tnop\n\tcli");
    for (deadline = tiny_rdtsc() + 0x800000; tiny_rdtsc() < deadline;) {
    }
    tiny_vcpu_run(&run);
    tiny_check_equal("later the guest runs again", run.status, STATUS_OK);
    tiny_check_equal("to the end of its slice", tiny_run_kind(&run), RUN_INTERRUPTED);
    tiny_check("it can be destroyed", tiny_guest_unmake(&guest));
}
