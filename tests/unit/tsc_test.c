/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "arch/x86_64/tsc.h"

static void of_cpuid(void **state)
{
    assert_int_equal(tsc_khz_of_cpuid(2, 156, 24000000, 0), 1872000);
    assert_int_equal(tsc_khz_of_cpuid(2, 78, 38400000, 1500), 1497600);
    /* No crystal: the base frequency. */
    assert_int_equal(tsc_khz_of_cpuid(2, 216, 0, 2600), 2600000);
    assert_int_equal(tsc_khz_of_cpuid(2, 216, 0, 0), 0);
    assert_int_equal(tsc_khz_of_cpuid(0, 216, 24000000, 2600), 0);
    assert_int_equal(tsc_khz_of_cpuid(2, 0, 24000000, 2600), 0);
    /* Beyond reason, and no overflow on the way. */
    assert_int_equal(tsc_khz_of_cpuid(1, UINT32_MAX, UINT32_MAX, 0), 0);
    assert_int_equal(tsc_khz_of_cpuid(UINT32_MAX, 1, 1000, 0), 0);
}

static void of_interval(void **state)
{
    assert_int_equal(tsc_khz_of_interval(2500000, 59659, 1193182), 50000);
    assert_int_equal(tsc_khz_of_interval(150000000, 59659, 1193182), 3000005);
    assert_int_equal(tsc_khz_of_interval(1000, 0, 1193182), 0);
    assert_int_equal(tsc_khz_of_interval(1000, 10, 0), 0);
    assert_int_equal(tsc_khz_of_interval(UINT64_MAX, 1, 1193182), 0);
    assert_int_equal(tsc_khz_of_interval(1, 59659, 1193182), 0);
}

static void choice(void **state)
{
    /* They agree: CPUID is exact. */
    assert_int_equal(tsc_khz_choose(3000000, 3010000), 3000000);
    assert_int_equal(tsc_khz_choose(3000000, 2800000), 3000000);
    assert_int_equal(tsc_khz_choose(1100, 1000), 1100);
    /* They do not: what was seen is believed. */
    assert_int_equal(tsc_khz_choose(1101, 1000), 1000);
    assert_int_equal(tsc_khz_choose(1500000, 50000), 50000);
    assert_int_equal(tsc_khz_choose(50000, 1500000), 1500000);
    /* One alone. */
    assert_int_equal(tsc_khz_choose(0, 50000), 50000);
    assert_int_equal(tsc_khz_choose(3000000, 0), 3000000);
    assert_int_equal(tsc_khz_choose(0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_cpuid),
        cmocka_unit_test(of_interval),
        cmocka_unit_test(choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
