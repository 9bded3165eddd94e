/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "arch/x86_64/shootdown.h"
#include "ept/ept_flush.h"
#include "ept/ept_window.h"

/*
 * The shootdown, case by case: CPUs keep every translation of every partition until they are told to forget it, and none
 * may be in a partition with what was flushed.  tests/unit/isolation_test.c has the same in random sequences.
 */
enum { CPUS = 4, ONE = 2, OTHER = 3, POOL_HFN = 5000 };

static uint32_t root[PARTITIONS_MAX];

static struct fake_cpu {
    bool stale[PARTITIONS_MAX]; /* holds a translation that the tables do not hold */
    uint32_t inside;
    uint32_t nmis;
} cpu[CPUS];
static uint32_t this_cpu;

hfn_t ept_window_root(uint32_t partition)
{
    return POOL_HFN + root[partition];
}

uint32_t shootdown_this_cpu(void)
{
    return this_cpu;
}

void shootdown_nmi(uint32_t target)
{
    const uint32_t sender = this_cpu;

    assert_int_not_equal(target, sender);
    cpu[target].nmis++;
    this_cpu = target;
    ept_flush_acknowledge(target);
    this_cpu = sender;
}

void shootdown_invept(uint64_t eptp)
{
    for (uint32_t p = 0; p < PARTITIONS_MAX; p++) {
        if (eptp == (POOL_HFN + root[p]) * 4096ull + 6 + (3 << 3)) {
            cpu[this_cpu].stale[p] = false;
        }
    }
}

void shootdown_invept_all(void)
{
    memset(cpu[this_cpu].stale, 0, sizeof(cpu[this_cpu].stale));
}

static void enter(uint32_t c, uint32_t partition)
{
    this_cpu = c;
    ept_flush_enter(c, partition);
    cpu[c].inside = partition;
    this_cpu = 0;
    assert_false(cpu[c].stale[partition]);
}

static void leave(uint32_t c)
{
    ept_flush_leave(c);
    cpu[c].inside = EPT_FLUSH_NOWHERE;
}

/* A translation of the partition goes, which every CPU has; CPU `by` flushes. */
static void flush(uint32_t by, uint32_t partition)
{
    for (uint32_t c = 0; c < CPUS; c++) {
        cpu[c].stale[partition] = true;
    }
    this_cpu = by;
    ept_flush_cpus(partition);
    this_cpu = 0;
    for (uint32_t c = 0; c < CPUS; c++) {
        assert_true(cpu[c].inside != partition || !cpu[c].stale[partition]);
    }
}

static int setup(void **state)
{
    memset(cpu, 0, sizeof(cpu));
    for (uint32_t c = 0; c < CPUS; c++) {
        cpu[c].inside = EPT_FLUSH_NOWHERE;
    }
    for (uint32_t p = 0; p < PARTITIONS_MAX; p++) {
        root[p] = p + 10;
    }
    ept_flush_init();
    for (uint32_t c = 0; c < CPUS; c++) {
        enter(c, ONE);
        leave(c);
        enter(c, OTHER);
        leave(c);
    }
    return 0;
}

static void who_is_outside_flushes_before_it_enters(void **state)
{
    flush(0, ONE);
    assert_int_equal(cpu[1].nmis, 0);
    enter(1, OTHER);
    leave(1);
    enter(1, ONE);
    leave(1);
    enter(2, ONE);
}

static void who_is_inside_is_interrupted_and_nobody_else(void **state)
{
    enter(1, ONE);
    enter(2, OTHER);
    flush(0, ONE);
    assert_int_equal(cpu[1].nmis, 1);
    assert_int_equal(cpu[2].nmis, 0);
    assert_int_equal(cpu[3].nmis, 0);
}

static void who_flushes_forgets_too(void **state)
{
    flush(0, ONE);
    assert_false(cpu[0].stale[ONE]);
    enter(0, ONE);
}

/* The translations of OTHER are its own business until then: INVEPT of one context forgets no other's. */
static void who_flushes_keeps_its_older_debts(void **state)
{
    flush(1, ONE);
    assert_true(cpu[0].stale[ONE]);
    flush(0, OTHER);
    enter(0, ONE);
    leave(0);
    flush(1, ONE);
    for (uint32_t c = 0; c < CPUS; c++) {
        cpu[c].stale[ONE] = true; /* by the renewal of the slot: another root */
    }
    ept_flush_renew(ONE);
    root[ONE] = 99;
    this_cpu = 0;
    ept_flush_cpus(ONE);
    cpu[0].stale[ONE] = true; /* of the old root, which no INVEPT has named */
    enter(0, ONE);
}

static void a_slot_used_again_is_flushed_everywhere(void **state)
{
    for (uint32_t c = 0; c < CPUS; c++) {
        cpu[c].stale[ONE] = true;
    }
    ept_flush_renew(ONE);
    for (uint32_t c = 0; c < CPUS; c++) {
        enter(c, ONE);
    }
}

static void an_nmi_outside_changes_nothing(void **state)
{
    flush(0, ONE);
    this_cpu = 1;
    ept_flush_acknowledge(1);
    this_cpu = 0;
    enter(1, ONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(who_is_outside_flushes_before_it_enters, setup),
        cmocka_unit_test_setup(who_is_inside_is_interrupted_and_nobody_else, setup),
        cmocka_unit_test_setup(who_flushes_forgets_too, setup),
        cmocka_unit_test_setup(who_flushes_keeps_its_older_debts, setup),
        cmocka_unit_test_setup(a_slot_used_again_is_flushed_everywhere, setup),
        cmocka_unit_test_setup(an_nmi_outside_changes_nothing, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
