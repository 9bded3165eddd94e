/* SPDX-License-Identifier: Apache-2.0 */
/* The scheduler in simulated time: a vCPU that is picked runs to the end of its slice, or for as long as the test says. */
#include "tests/unit/unit.h"

#include "manager/schedule.h"

#define MS     1000000ull
#define CPUS   4u
#define GUESTS 6u

static struct schedule_share shares[GUESTS];
static struct schedule_vcpu vcpus[GUESTS];
static uint64_t clocks[CPUS];
static struct schedule_vcpu *running[CPUS];
static uint64_t interrupted;

void cpu_interrupt(uint32_t cpu)
{
    interrupted |= 1ull << cpu;
}

static int set_up(void **state)
{
    memset(shares, 0, sizeof(shares));
    memset(vcpus, 0, sizeof(vcpus));
    memset(clocks, 0, sizeof(clocks));
    memset(running, 0, sizeof(running));
    interrupted = 0;
    return 0;
}

static void add(uint32_t n, uint32_t weight, uint32_t cap, uint64_t cpus, uint64_t now)
{
    shares[n] = (struct schedule_share){.weight = weight, .vcpus = 1, .cap = cap, .cpus = cpus};
    assert_true(schedule_add(&vcpus[n], &shares[n], now));
}

static void put(uint32_t cpu)
{
    if (running[cpu] != NULL) {
        schedule_put(running[cpu], clocks[cpu], false, 0);
        running[cpu] = NULL;
    }
}

/* Every CPU goes on, the one that is behind first, until all have reached `end`; all vCPUs use all of their turns. */
static void run_until(uint32_t cpus, uint64_t end)
{
    for (;;) {
        uint32_t cpu = 0;
        uint64_t until;

        for (uint32_t n = 1; n < cpus; n++) {
            cpu = clocks[n] < clocks[cpu] ? n : cpu;
        }
        put(cpu);
        if (clocks[cpu] >= end) {
            break;
        }
        running[cpu] = schedule_pick(cpu, clocks[cpu], &until);
        assert_true(until > clocks[cpu]);
        assert_true(running[cpu] == NULL || (running[cpu]->share->cpus >> cpu & 1) != 0);
        clocks[cpu] = until < end ? until : end;
    }
    for (uint32_t n = 0; n < cpus; n++) {
        put(n);
    }
}

/* Within 5 % of what weights promise, over 100 ms. */
static void is_fair(uint32_t n, uint64_t had, uint64_t promised)
{
    if (had < promised - promised / 20 || had > promised + promised / 20) {
        fail_msg("guest %u had %lu of %lu", n, (unsigned long)had, (unsigned long)promised);
    }
}

static void weights_are_kept_within_100_ms(void **state)
{
    static const uint32_t weights[][3] = {{100, 100, 100}, {100, 200, 300}, {1, 1, 2}, {10000, 10000, 5000}};

    for (uint32_t w = 0; w < sizeof(weights) / sizeof(weights[0]); w++) {
        const uint32_t sum = weights[w][0] + weights[w][1] + weights[w][2];

        set_up(NULL);
        schedule_start(1, MS);
        for (uint32_t n = 0; n < 3; n++) {
            add(n, weights[w][n], 0, UINT64_MAX, 0);
        }
        for (uint32_t window = 0; window < 5; window++) {
            uint64_t before[3];

            for (uint32_t n = 0; n < 3; n++) {
                before[n] = vcpus[n].ran;
            }
            /* A window's end cuts one slice in two at most. */
            run_until(1, (window + 1) * 120ull * MS);
            for (uint32_t n = 0; n < 3; n++) {
                is_fair(n, vcpus[n].ran - before[n], 120ull * MS * weights[w][n] / sum);
            }
        }
    }
}

/* Guests of one vCPU each, on several CPUs: none gets more than a CPU, and what it cannot use is the others'. */
static void weights_are_kept_across_cpus(void **state)
{
    static const struct {
        uint32_t cpus, guests, weights[GUESTS];
        uint32_t promised[GUESTS]; /* of 100 ms, in us */
    } cases[] = {
        {2, 3, {100, 100, 100}, {66667, 66667, 66667}},
        {2, 5, {100, 100, 100, 100, 100}, {40000, 40000, 40000, 40000, 40000}},
        {2, 3, {100, 200, 300}, {33333, 66667, 100000}},
        {2, 3, {1000, 100, 100}, {100000, 50000, 50000}},
        {2, 3, {1, 10000, 1}, {50000, 100000, 50000}},
        {2, 4, {100, 300, 200, 200}, {25000, 75000, 50000, 50000}},
        {4, 5, {100, 100, 100, 100, 100}, {80000, 80000, 80000, 80000, 80000}},
        {4, 6, {400, 100, 100, 100, 100, 100}, {100000, 60000, 60000, 60000, 60000, 60000}},
        {3, 5, {1, 10000, 1, 1000, 1}, {33333, 100000, 33333, 100000, 33333}},
    };

    for (uint32_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        uint64_t before[GUESTS];

        set_up(NULL);
        schedule_start(cases[c].cpus, MS);
        for (uint32_t n = 0; n < cases[c].guests; n++) {
            add(n, cases[c].weights[n], 0, UINT64_MAX, 0);
        }
        /* Where they were put at first has no meaning: they find their places. */
        run_until(cases[c].cpus, 60ull * MS);
        for (uint32_t window = 0; window < 10; window++) {
            for (uint32_t n = 0; n < cases[c].guests; n++) {
                before[n] = vcpus[n].ran;
            }
            run_until(cases[c].cpus, (60ull + (window + 1) * 100ull) * MS);
            for (uint32_t n = 0; n < cases[c].guests; n++) {
                is_fair(n, vcpus[n].ran - before[n], cases[c].promised[n] * MS / 1000ull);
            }
        }
    }
}

/* One that has had a CPU of its own for long is not made to wait for what others had less. */
static void a_newcomer_takes_its_share_and_no_more(void **state)
{
    uint64_t before[3];

    schedule_start(2, MS);
    add(0, 10000, 0, UINT64_MAX, 0);
    add(1, 1, 0, UINT64_MAX, 0);
    run_until(2, 5000ull * MS);
    add(2, 10000, 0, UINT64_MAX, clocks[0]);
    add(3, 10000, 0, UINT64_MAX, clocks[0]);
    run_until(2, 5060ull * MS);
    before[0] = vcpus[0].ran;
    before[1] = vcpus[2].ran;
    before[2] = vcpus[3].ran;
    run_until(2, 5160ull * MS);
    is_fair(0, vcpus[0].ran - before[0], 66667ull * MS / 1000);
    is_fair(2, vcpus[2].ran - before[1], 66667ull * MS / 1000);
    is_fair(3, vcpus[3].ran - before[2], 66667ull * MS / 1000);
}

static void a_sleeper_runs_within_a_slice_and_saves_nothing_up(void **state)
{
    uint64_t until;
    uint64_t ran;
    struct schedule_vcpu *vcpu;

    schedule_start(1, MS);
    add(0, 100, 0, UINT64_MAX, 0);
    add(1, 100, 0, UINT64_MAX, 0);
    add(2, 100, 0, UINT64_MAX, 0);
    do {
        vcpu = schedule_pick(0, clocks[0], &until);
        clocks[0] = until;
        schedule_put(vcpu, clocks[0], vcpu == &vcpus[2], UINT64_MAX);
    } while (vcpu != &vcpus[2]);
    run_until(1, 1000ull * MS);
    ran = vcpus[2].ran;
    schedule_wake(&vcpus[2], clocks[0]);
    assert_int_equal(vcpus[2].state, SCHEDULE_WAITING);
    vcpu = schedule_pick(0, clocks[0], &until);
    schedule_put(vcpu, until, false, 0);
    clocks[0] = until;
    if (vcpu != &vcpus[2]) {
        assert_ptr_equal(schedule_pick(0, clocks[0], &until), &vcpus[2]);
        schedule_put(&vcpus[2], until, false, 0);
        clocks[0] = until;
    }
    run_until(1, 1120ull * MS);
    is_fair(2, vcpus[2].ran - ran, 40ull * MS);
}

/* With so many that wait, and just as long: it is the next. */
static void a_woken_one_goes_before_all_who_wait(void **state)
{
    uint64_t until;

    schedule_start(1, MS);
    for (uint32_t n = 0; n < GUESTS; n++) {
        add(n, 100, 0, UINT64_MAX, 0);
    }
    while ((running[0] = schedule_pick(0, clocks[0], &until)) != &vcpus[GUESTS - 1]) {
        clocks[0] = until;
        put(0);
    }
    schedule_put(&vcpus[GUESTS - 1], clocks[0], true, UINT64_MAX);
    running[0] = schedule_pick(0, clocks[0], &until);
    assert_ptr_equal(running[0], &vcpus[0]);
    schedule_wake(&vcpus[GUESTS - 1], clocks[0] + 1);
    clocks[0] = until;
    put(0);
    assert_ptr_equal(schedule_pick(0, clocks[0], &until), &vcpus[GUESTS - 1]);
}

static void a_deadline_ends_the_slice_of_another(void **state)
{
    uint64_t until;

    schedule_start(1, MS);
    add(0, 100, 0, UINT64_MAX, 0);
    assert_ptr_equal(schedule_pick(0, 0, &until), &vcpus[0]);
    schedule_put(&vcpus[0], 10, true, 500);
    add(1, 100, 0, UINT64_MAX, 10);
    assert_ptr_equal(schedule_pick(0, 20, &until), &vcpus[1]);
    assert_int_equal(until, 500);
    schedule_put(&vcpus[1], 500, false, 0);
    assert_ptr_equal(schedule_pick(0, 500, &until), &vcpus[0]);
}

static void a_wake_while_it_runs_is_not_lost(void **state)
{
    uint64_t until;

    schedule_start(2, MS);
    add(0, 100, 0, UINT64_MAX, 0);
    assert_ptr_equal(schedule_pick(vcpus[0].cpu, 0, &until), &vcpus[0]);
    schedule_wake(&vcpus[0], 5);
    schedule_put(&vcpus[0], 10, true, UINT64_MAX);
    assert_int_equal(vcpus[0].state, SCHEDULE_WAITING);
    /* The next halt is one. */
    assert_ptr_equal(schedule_pick(vcpus[0].cpu, 10, &until), &vcpus[0]);
    schedule_put(&vcpus[0], 20, true, UINT64_MAX);
    assert_int_equal(vcpus[0].state, SCHEDULE_HALTED);
}

static void idle_cpus_are_told_and_take_over(void **state)
{
    uint64_t until;

    schedule_start(2, MS);
    assert_null(schedule_pick(1, 0, &until));
    add(0, 100, 0, UINT64_MAX, 0);
    add(1, 100, 0, UINT64_MAX, 0);
    assert_int_equal(vcpus[0].cpu, 0);
    assert_int_equal(vcpus[1].cpu, 1);
    assert_true((interrupted & 2) != 0);
    add(2, 100, 0, UINT64_MAX, 0);
    add(3, 100, 0, UINT64_MAX, 0);
    run_until(2, 100ull * MS);
    for (uint32_t n = 0; n < 4; n++) {
        is_fair(n, vcpus[n].ran, 50ull * MS);
    }
    /* Two of one CPU end: the others spread out. */
    assert_true(schedule_remove(&vcpus[0]));
    assert_true(schedule_remove(&vcpus[vcpus[1].cpu == 0 ? 1 : vcpus[2].cpu == 0 ? 2 : 3]));
    run_until(2, 200ull * MS);
    for (uint32_t n = 1; n < 4; n++) {
        if (vcpus[n].state != SCHEDULE_OUT) {
            assert_in_range(vcpus[n].ran, 120ull * MS, 160ull * MS);
        }
    }
}

static void pins_and_caps_are_kept(void **state)
{
    schedule_start(2, MS);
    add(0, 100, 25, UINT64_MAX, 0);
    add(1, 100, 0, 1ull << 1, 0);
    add(2, 100, 0, 1ull << 1, 0);
    run_until(2, 1000ull * MS);
    assert_in_range(vcpus[0].ran, 240ull * MS, 250ull * MS);
    assert_in_range(vcpus[1].ran + vcpus[2].ran, 725ull * MS, 1000ull * MS);
}

static void one_that_runs_cannot_be_removed(void **state)
{
    uint64_t until;

    schedule_start(1, MS);
    add(0, 100, 0, UINT64_MAX, 0);
    assert_ptr_equal(schedule_pick(0, 0, &until), &vcpus[0]);
    assert_false(schedule_remove(&vcpus[0]));
    schedule_put(&vcpus[0], 10, false, 0);
    assert_true(schedule_remove(&vcpus[0]));
    assert_true(schedule_remove(&vcpus[0]));
    schedule_wake(&vcpus[0], 20);
    assert_null(schedule_pick(0, 20, &until));
}

/* Turns of less than a unit of virtual time: what a division leaves of each is not lost. */
static void many_short_turns_count_as_much_as_few_long_ones(void **state)
{
    const uint64_t turn = 999;
    uint64_t until;
    uint64_t now = 0;

    schedule_start(1, MS);
    add(0, 1000, 0, UINT64_MAX, 0);
    add(1, 1000, 0, UINT64_MAX, 0);
    while (now < 100 * MS) {
        struct schedule_vcpu *picked = schedule_pick(0, now, &until);

        now = picked == &vcpus[0] ? now + turn : until;
        schedule_put(picked, now, false, 0);
    }
    is_fair(0, vcpus[0].ran, 50 * MS);
}

/* At 4 GHz, with the least weight and sixteen vCPUs, of which one has a CPU to itself. */
static void virtual_time_lasts_for_five_years(void **state)
{
    const uint64_t five_years = 4000000ull * 1000 * 86400 * 1827;
    uint64_t until;

    schedule_start(1, 4 * MS);
    add(0, 1, 0, UINT64_MAX, 0);
    shares[0].vcpus = 16;
    for (uint32_t year = 1; year <= 5; year++) {
        const uint64_t now = five_years / 5 * year;

        assert_ptr_equal(schedule_pick(0, now - five_years / 5, &until), &vcpus[0]);
        schedule_put(&vcpus[0], now, false, 0);
        /* A newcomer begins where the other began this year: it goes first. */
        add(1, 1, 0, UINT64_MAX, now);
        assert_ptr_equal(schedule_pick(0, now, &until), &vcpus[1]);
        schedule_put(&vcpus[1], now, false, 0);
        assert_true(schedule_remove(&vcpus[1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(many_short_turns_count_as_much_as_few_long_ones, set_up),
        cmocka_unit_test_setup(virtual_time_lasts_for_five_years, set_up),
        cmocka_unit_test_setup(weights_are_kept_within_100_ms, set_up),
        cmocka_unit_test_setup(weights_are_kept_across_cpus, set_up),
        cmocka_unit_test_setup(a_newcomer_takes_its_share_and_no_more, set_up),
        cmocka_unit_test_setup(a_sleeper_runs_within_a_slice_and_saves_nothing_up, set_up),
        cmocka_unit_test_setup(a_woken_one_goes_before_all_who_wait, set_up),
        cmocka_unit_test_setup(a_deadline_ends_the_slice_of_another, set_up),
        cmocka_unit_test_setup(a_wake_while_it_runs_is_not_lost, set_up),
        cmocka_unit_test_setup(idle_cpus_are_told_and_take_over, set_up),
        cmocka_unit_test_setup(pins_and_caps_are_kept, set_up),
        cmocka_unit_test_setup(one_that_runs_cannot_be_removed, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
