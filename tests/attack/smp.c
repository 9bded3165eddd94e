/* SPDX-License-Identifier: Apache-2.0 */
/* Two CPUs of the manager's against each other and against guests: CPU_START, vCPUs that move, IPIs, shootdown while the
 * other CPU looks, destruction of what runs there, power off in the middle of it. */
#include "abi/audit.h"
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"
#include "tests/tiny/tiny_trap.h"

#define VECTOR_PF   14u
#define ICR         0x830u
#define MOVES       200u
#define PINGS       200u
#define SLICE       20000u
#define LONG        0x10000000u
#define DESTROYS    20u
#define DONATIONS   64u
#define PING_VECTOR 0x51u
#define SETTLE      2000000u

enum order { NOTHING, RUN_ONCE, RUN_ON, WATCH };

/* What CPU 1 does, and what came of it. */
static volatile enum order order;
static struct tiny_run other_run;
static volatile uint64_t watched;  /* virtual address CPU 1 reads again and again */
static volatile uint64_t denied;   /* first fault met there */
static volatile uint64_t readings; /* that did not fault */
static volatile uint64_t exits[RUN_WAKE + 1];
static volatile uint64_t refusal; /* of VCPU_RUN */

static void run_once(void)
{
    tiny_vcpu_run(&other_run);
}

static void run_on(void)
{
    for (;;) {
        tiny_vcpu_run(&other_run);
        if (other_run.status != STATUS_OK) {
            refusal = other_run.status;
            return;
        }
        exits[tiny_run_kind(&other_run)]++;
        if (tiny_run_kind(&other_run) == RUN_KILLED) {
            return;
        }
        if (tiny_run_kind(&other_run) == RUN_GUEST_CALL) {
            other_run.reg[GUEST_R10] = TDVMCALL_SUCCESS;
        }
    }
}

static void watch(void)
{
    uint64_t value;

    while (denied == 0) {
        if (tiny_try_read(watched, &value) == VECTOR_PF) {
            denied = 1;
        } else {
            readings++;
        }
    }
}

static void other_cpu(uint32_t cpu)
{
    for (;;) {
        switch (order) {
        case RUN_ONCE:
            run_once();
            break;
        case RUN_ON:
            run_on();
            break;
        case WATCH:
            watch();
            break;
        default:
            __asm__ volatile("sti; pause; cli" ::: "memory");
            continue;
        }
        order = NOTHING;
    }
}

static void give_order(enum order what)
{
    order = what;
}

static void await(void)
{
    while (order != NOTHING) {
        tiny_pause();
    }
}

static void settle(void)
{
    for (uint64_t end = tiny_rdtsc() + SETTLE; tiny_rdtsc() < end;) {
        tiny_pause();
    }
}

static uint64_t start(uint64_t cpu, uint64_t entry, uint64_t value)
{
    return tiny_call(HYPERCALL_CPU_START, cpu, entry, value, 0, 0).status;
}

static void cpus_start_once(void)
{
    const uint64_t cpus = tiny_call(HYPERCALL_INFO, INFO_CPUS, 0, 0, 0, 0).value;

    tiny_check_equal("CPUs that can run partitions", cpus, 2);
    tiny_check_equal("CPU 0 runs already", start(0, 0, 0), STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI));
    tiny_check_equal("no CPU 2", start(2, 0, 0), STATUS_AT(STATUS_INVALID, OPERAND_RDI));
    tiny_check_equal("no CPU 2^32 + 1", start(0x100000001, 0, 0), STATUS_AT(STATUS_INVALID, OPERAND_RDI));
    tiny_check_equal("a beginning of 33 bits", start(1, 1ull << 32, 0),
                     STATUS_AT(STATUS_INVALID, OPERAND_RSI));
    tiny_check_equal("a value of 33 bits", start(1, 0, 1ull << 32), STATUS_AT(STATUS_INVALID, OPERAND_RDX));
    tiny_check("no interrupt to a CPU that is parked",
               tiny_try_wrmsr(ICR, 1ull << 32 | 0x40) != TINY_NO_FAULT);
    tiny_check_equal("CPU 1 starts", tiny_cpu_start(1, other_cpu), STATUS_OK);
    tiny_check_equal("and runs then", start(1, 0, 0), STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI));
}

static void managers_interrupt_each_other(void)
{
    const uint64_t before = tiny_interrupts;

    tiny_check_equal("an interrupt to CPU 1", tiny_try_wrmsr(ICR, 1ull << 32 | 0x40), TINY_NO_FAULT);
    settle();
    tiny_check_equal("it came there", tiny_interrupts - before, 1);
    tiny_check("no NMI to CPU 1", tiny_try_wrmsr(ICR, 1ull << 32 | 0x4400) != TINY_NO_FAULT);
    tiny_check("no INIT to CPU 1", tiny_try_wrmsr(ICR, 1ull << 32 | 0x4500) != TINY_NO_FAULT);
}

/* In the guest: counts, in a register that the manager never sees. */
static void counts(void)
{
    for (uint64_t n = 0;; n++) {
        guest_say(n);
    }
}

static uint64_t said(const struct tiny_run *run)
{
    return tiny_run_kind(run) == RUN_GUEST_CALL ? run->reg[GUEST_R15] : UINT64_MAX;
}

static void vcpus_move(void)
{
    struct tiny_guest guest;
    uint64_t wrong = 0;

    if (!tiny_guest_make(&guest, counts)) {
        tiny_check("a guest", false);
        return;
    }
    for (uint64_t n = 0; n < MOVES; n++) {
        other_run.vcpu = guest.vcpu;
        other_run.slice = LONG;
        other_run.reg[GUEST_R10] = TDVMCALL_SUCCESS;
        if (n % 3 != 0) {
            give_order(RUN_ONCE);
            await();
        } else {
            tiny_vcpu_run(&other_run);
        }
        wrong += said(&other_run) != n;
    }
    tiny_check_equal("wrong counts of a vCPU that moves", wrong, 0);
    tiny_check("it is unmade where it last ran elsewhere", tiny_guest_unmake(&guest));
}

/* Asked for with interrupts off: one that came between the question and the halt ends the halt. */
static void halt_and_take(void)
{
    guest_halt();
    __asm__ volatile("sti\n\tnop\n\tcli" ::: "memory");
}

/* In the guest: the two vCPUs send each other interrupts, a number of times, then the first one says so. */
static volatile uint64_t pings[2];
static void ping_pong(void)
{
    const uint32_t own = tiny_apic_id();
    uint64_t seen = 0;

    for (uint64_t n = 0; n < PINGS; n++) {
        if (own == 0) {
            tiny_try_wrmsr(ICR, 1ull << 32 | PING_VECTOR);
            while (pings[1] <= n) {
                halt_and_take();
            }
        } else {
            while (tiny_interrupts == seen) {
                halt_and_take();
            }
            seen = tiny_interrupts;
            pings[1] = n + 1;
            tiny_try_wrmsr(ICR, PING_VECTOR);
        }
    }
    if (own == 0) {
        guest_say(PINGS);
    }
}

static void vcpus_interrupt_each_other(bool together)
{
    struct tiny_guest guest;
    struct tiny_run runs[2] = {0};
    uint64_t ended = 0;
    uint64_t wakes = 0;
    uint64_t left = 100000;

    if (!tiny_guest_make_vcpus(&guest, ping_pong, 2, false)) {
        tiny_check("a guest of two vCPUs", false);
        return;
    }
    other_run.vcpu = guest.vcpus[1];
    other_run.slice = LONG;
    if (together) {
        give_order(RUN_ON);
    }
    while (ended != PINGS && left-- > 0) {
        for (uint32_t n = 0; n < (together ? 1u : 2u) && ended != PINGS; n++) {
            runs[n].vcpu = guest.vcpus[n];
            runs[n].slice = SLICE;
            tiny_vcpu_run(&runs[n]);
            wakes += tiny_run_kind(&runs[n]) == RUN_WAKE && runs[n].reg[GUEST_RDX] == 2u - n;
            if (said(&runs[n]) == PINGS) {
                ended = PINGS;
            }
        }
    }
    tiny_check_equal(together ? "interrupts between vCPUs on two CPUs"
                              : "interrupts between vCPUs on one CPU",
                     ended, PINGS);
    tiny_check(together ? "no exit to the manager for most of them" : "the manager is told whom to run",
               together || wakes >= PINGS);
    tiny_check("it is unmade while its other vCPU runs", tiny_guest_unmake(&guest));
    await();
}

/* In the guest: never lets go. */
static void spins(void)
{
    for (;;) {
        tiny_pause();
    }
}

/* An interrupt for a vCPU that spins on the other CPU arrives there without its slice coming to an end. */
static volatile uint64_t taken;
static void spins_with_interrupts(void)
{
    __asm__ volatile("sti");
    while (tiny_interrupts == 0) {
        tiny_pause();
    }
    guest_say(1);
    spins();
}

static void interrupts_reach_a_running_vcpu(void)
{
    struct tiny_guest guest;

    taken = 0;
    exits[RUN_GUEST_CALL] = 0;
    exits[RUN_INTERRUPTED] = 0;
    if (!tiny_guest_make(&guest, spins_with_interrupts)) {
        tiny_check("a guest", false);
        return;
    }
    other_run.vcpu = guest.vcpu;
    other_run.slice = LONG;
    give_order(RUN_ON);
    settle();
    tiny_check_equal("its vCPU is busy",
                     tiny_call(HYPERCALL_VCPU_INTERRUPT, guest.vcpu, 0x40, 0, 0, 0).status, STATUS_OK);
    settle();
    tiny_check_equal("it took the interrupt at once", exits[RUN_GUEST_CALL], 1);
    tiny_check_equal("without leaving its slice", exits[RUN_INTERRUPTED], 0);
    refusal = 0;
    tiny_check("it is unmade while it spins", tiny_guest_unmake(&guest));
    await();
    tiny_check_equal("and its run ended so", tiny_run_kind(&other_run), RUN_KILLED);
}

static uint64_t call_about(uint64_t number, const struct tiny_guest *guest, uint64_t rsi, uint64_t rdx,
                           uint64_t r10)
{
    return tiny_call(number, guest->partition, rsi, rdx, r10, 0).status;
}

/* What a call may do to a guest that runs on the other CPU just now: nothing, but ask for an interrupt. */
static void calls_change_nothing_of_what_runs(void)
{
    const uint64_t frame = tiny_frames(1);
    struct tiny_guest guest;
    struct tiny_run run = {.slice = SLICE};

    if (!tiny_guest_make_vcpus(&guest, spins, 2, false)) {
        tiny_check("a guest", false);
        return;
    }
    exits[RUN_INTERRUPTED] = 0;
    other_run.vcpu = guest.vcpus[0];
    other_run.slice = LONG;
    give_order(RUN_ON);
    settle();
    run.vcpu = guest.vcpus[0];
    tiny_vcpu_run(&run);
    tiny_check_equal("its vCPU is run there and not here", run.status % STATUS_OPERAND_UNIT, STATUS_BUSY);
    tiny_check_equal("it is not sealed again", call_about(HYPERCALL_PARTITION_SEAL, &guest, 0, 0, 0),
                     STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI));
    tiny_check_equal("no vCPU is added", call_about(HYPERCALL_VCPU_CREATE, &guest, 0x1000, 0, 0),
                     STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI));
    tiny_check_equal("no frame is added", call_about(HYPERCALL_FRAME_DONATE, &guest, guest.frames, frame, 1),
                     STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI));
    tiny_check_equal("no frame is taken", call_about(HYPERCALL_FRAME_RECLAIM, &guest, 0, 0, 0),
                     STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI));
    run.vcpu = guest.vcpus[1];
    tiny_vcpu_run(&run);
    tiny_check("its other vCPU runs here", run.status == STATUS_OK && tiny_run_kind(&run) == RUN_INTERRUPTED);
    tiny_check_equal("and it did not come out for any of it", exits[RUN_INTERRUPTED], 0);
    tiny_check("it is unmade", tiny_guest_unmake(&guest));
    await();
}

static void guests_end_under_way(void)
{
    struct tiny_guest guest;
    uint32_t made = 0;

    for (uint32_t n = 0; n < DESTROYS; n++) {
        if (!tiny_guest_make_vcpus(&guest, spins, 2, n > 0)) {
            break;
        }
        other_run.vcpu = guest.vcpus[1];
        other_run.slice = LONG;
        give_order(RUN_ON);
        /* Some end before it has begun, some while it begins, some while it runs. */
        for (uint32_t wait = 0; wait < n * 200; wait++) {
            tiny_pause();
        }
        made += tiny_guest_unmake(&guest);
        await();
    }
    tiny_check_equal("guests that end while the other CPU runs them", made, DESTROYS);
}

static void shootdown_reaches_the_other_cpu(void)
{
    const uint64_t first = tiny_frames(DONATIONS);
    const uint64_t partition = tiny_call(HYPERCALL_PARTITION_CREATE, DONATIONS, 1, 0, 0, 0).value;
    uint64_t early = 0;
    uint64_t late = 0;

    for (uint64_t n = 0; n < DONATIONS; n++) {
        uint64_t at;

        watched = (uint64_t)tiny_at(first + n);
        denied = 0;
        readings = 0;
        give_order(WATCH);
        while (readings == 0) {
            tiny_pause();
        }
        early += denied;
        if (tiny_call(HYPERCALL_FRAME_DONATE, partition, n, first + n, 1, 0).status != STATUS_OK) {
            denied = 1;
            break;
        }
        /* What it has read since: at most the reading that was under way. */
        at = readings;
        await();
        late += readings > at + 1;
    }
    await();
    tiny_check_equal("frames lost before they were given", early, 0);
    tiny_check_equal("frames seen after they were given", late, 0);
    tiny_call(HYPERCALL_PARTITION_DESTROY, partition, 0, 0, 0, 0);
    while (tiny_call(HYPERCALL_FRAME_RECLAIM, partition, 0, 0, 0, 0).status == STATUS_RETRY) {
    }
    tiny_check_equal("it is back", tiny_try_write((uint64_t)tiny_at(first), 1), TINY_NO_FAULT);
}

void tiny_main(const struct boot_info *info)
{
    static struct tiny_guest last;

    tiny_check_equal("CPUs of the boot information", info->cpus, 2);
    cpus_start_once();
    managers_interrupt_each_other();
    vcpus_move();
    vcpus_interrupt_each_other(false);
    vcpus_interrupt_each_other(true);
    interrupts_reach_a_running_vcpu();
    calls_change_nothing_of_what_runs();
    guests_end_under_way();
    shootdown_reaches_the_other_cpu();
    /* The machine goes off while CPU 1 is in a guest. */
    if (tiny_guest_make(&last, spins)) {
        other_run.vcpu = last.vcpu;
        other_run.slice = LONG;
        give_order(RUN_ON);
        settle();
    }
}
