/* SPDX-License-Identifier: Apache-2.0 */
/* A manager that single-steps a guest with a pending interrupt: after a few steps the vCPU is refused for a while, and no other
 * vCPU is, not even one that has its slot next. */
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
#define SLICE_LEAST       2000u     /* time-stamp counter ticks: abi/hypercall.h */
#define PAUSE             0x400000u /* at least so many of them it is refused for */
#define SLOTS             512u      /* of vCPUs: the lower part of an id */

static void spin_with_interrupts_on(void)
{
    __asm__ volatile("sti\n1:\tpause\n\tjmp 1b");
}

/* Steps it until it is refused; how many steps were made. */
static uint32_t step(struct tiny_run *run)
{
    uint32_t stepped = 0;

    /* The manager's interrupts are off: this one stays pending and ends every entry. */
    tiny_check("the timer is the manager's",
               tiny_try_wrmsr(MSR_LVT_TIMER, TIMER_VECTOR | LVT_DEADLINE_MODE) == TINY_NO_FAULT &&
                   tiny_try_wrmsr(MSR_TSC_DEADLINE, tiny_rdtsc() + 1) == TINY_NO_FAULT);
    for (run->status = STATUS_OK; stepped < STEPS && run->status == STATUS_OK; stepped++) {
        tiny_vcpu_run(run);
    }
    tiny_check_equal("single steps are refused after a while", run->status, STATUS_BUSY);
    return stepped;
}

static void take_the_interrupt(void)
{
    __asm__ volatile("sti\n\tnop\n\tcli");
}

/* A guest without memory has the slot of one that is refused: it is entered, and stopped at its first instruction. */
static void a_slot_is_not_refused(struct tiny_guest *guest, struct tiny_run *run)
{
    uint64_t refused_at;
    uint64_t partition;

    step(run);
    refused_at = tiny_rdtsc();
    take_the_interrupt();
    tiny_check("it can be destroyed", tiny_guest_unmake(guest));
    partition = tiny_call(HYPERCALL_PARTITION_CREATE, 1, 1, 0, 0, 0).value;
    run->vcpu = tiny_call(HYPERCALL_VCPU_CREATE, partition, 0, 0, 0, 0).value;
    tiny_call(HYPERCALL_PARTITION_SEAL, partition, 0, 0, 0, 0);
    tiny_vcpu_run(run);
    tiny_check("the next vCPU has its slot", run->vcpu % SLOTS == guest->vcpu % SLOTS);
    tiny_check("while it would still be refused", tiny_rdtsc() - refused_at < PAUSE);
    tiny_check_equal("it is not refused for what the last one did", run->status, STATUS_OK);
    tiny_check_equal("but entered", tiny_run_kind(run), RUN_KILLED);
}

void tiny_main(const struct boot_info *boot)
{
    struct tiny_guest guest;
    struct tiny_run run = {.slice = 100000};
    uint64_t sequence = tiny_audit_next();
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
    tiny_check("not after the first", step(&run) > 4);
    tiny_check("the audit log says so",
               tiny_call(HYPERCALL_AUDIT_READ, tiny_audit_next() - 1, AUDIT_WORD_EVENT, 0, 0, 0).value ==
                       AUDIT_STEPPING_SUSPECTED &&
                   tiny_audit_next() > sequence);
    /* Take the interrupt, wait: the guest goes on. */
    take_the_interrupt();
    for (deadline = tiny_rdtsc() + 0x800000; tiny_rdtsc() < deadline;) {
    }
    tiny_vcpu_run(&run);
    tiny_check_equal("later the guest runs again", run.status, STATUS_OK);
    tiny_check_equal("to the end of its slice", tiny_run_kind(&run), RUN_INTERRUPTED);
    a_slot_is_not_refused(&guest, &run);
}
