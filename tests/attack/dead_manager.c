/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A manager that dies, in the place that the last digit of the core's command line says: nobody else runs the guests, so the core must say
 * so and stop every CPU.  What says "alive" after that was not stopped.
 */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"

#define SLICE  100000u
#define SETTLE 2000000u

enum place {
    AT_ONCE = 0,
    GUEST_HALF_MADE = 1,
    GUEST_WAITS = 2,
    GUEST_HALF_GONE = 3,
    BY_FOREIGN_TABLES = 4, /* its page tables are a guest's */
    GUEST_RUNS_ELSEWHERE = 5,
    ELSEWHERE = 6, /* CPU 1 of the manager's dies, CPU 0 runs a guest */
};

static struct tiny_guest guest;
static struct tiny_run other_run;

static void die(void)
{
    static const struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idtr = {0, 0};

    tiny_text("dies\r\n");
    __asm__ volatile("lidt %0\n\tud2" ::"m"(idtr));
}

static void spins(void)
{
    for (;;) {
        tiny_pause();
    }
}

/* Runs the guest for ever, and says so. */
static void run_on(void)
{
    for (;;) {
        tiny_vcpu_run(&other_run);
        tiny_text("alive\r\n");
    }
}

static void settle(void)
{
    for (uint64_t end = tiny_rdtsc() + SETTLE; tiny_rdtsc() < end;) {
        tiny_pause();
    }
}

static void other_cpu_runs(uint32_t cpu)
{
    run_on();
}

static void other_cpu_dies(uint32_t cpu)
{
    settle();
    die();
}

static void says(void)
{
    for (;;) {
        guest_say(1);
    }
}

/* The frame of the page tables is given away: what is cached is flushed, and no fault can be delivered. */
static void give_tables_away(void)
{
    uint64_t cr3;
    uint64_t partition = tiny_call(HYPERCALL_PARTITION_CREATE, 1, 1, 0, 0, 0).value;

    __asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
    tiny_text("dies\r\n");
    tiny_call(HYPERCALL_FRAME_DONATE, partition, 0, cr3 >> 12, 1, DONATE_KEEP);
}

static void die_with_guest(enum place place)
{
    uint64_t said;

    if (!tiny_guest_make(&guest, place < GUEST_RUNS_ELSEWHERE ? says : spins)) {
        return;
    }
    other_run = (struct tiny_run){.vcpu = guest.vcpu, .slice = SLICE};
    switch (place) {
    case GUEST_WAITS:
        tiny_guest_run(&other_run, 100, &said);
        die();
        break;
    case GUEST_HALF_GONE:
        tiny_call(HYPERCALL_PARTITION_DESTROY, guest.partition, 0, 0, 0, 0);
        tiny_call(HYPERCALL_FRAME_RECLAIM, guest.partition, 0, 0, 0, 0);
        die();
        break;
    case GUEST_RUNS_ELSEWHERE:
        tiny_cpu_start(1, other_cpu_runs);
        settle();
        die();
        break;
    default:
        tiny_cpu_start(1, other_cpu_dies);
        run_on();
        break;
    }
}

void tiny_main(const struct boot_info *boot)
{
    uint32_t end = 0;
    enum place place;

    while (boot->command_line[end] != 0) {
        end++;
    }
    place = (enum place)(end == 0 ? 0 : boot->command_line[end - 1] - '0');
    switch (place) {
    case AT_ONCE:
        die();
        break;
    case GUEST_HALF_MADE:
        tiny_call(HYPERCALL_PARTITION_CREATE, 8, 1, 0, 0, 0);
        die();
        break;
    case BY_FOREIGN_TABLES:
        give_tables_away();
        break;
    default:
        die_with_guest(place);
        break;
    }
}
