/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "abi/audit.h"
#include "arch/x86_64/tsc.h"
#include "isolation/audit.h"
#include "vmx/stepping.h"

/* A vCPU whose slices end at once, several times in a row, is refused for a while, and the log says so. */
enum { SLOT = 3, OTHER = 4 };

static uint64_t now;
static uint32_t recorded;

uint64_t tsc_read(void)
{
    return now;
}

void audit_record(uint32_t event, uint64_t a, uint64_t b, uint64_t c)
{
    assert_int_equal(event, AUDIT_STEPPING_SUSPECTED);
    assert_int_equal(a, SLOT);
    recorded++;
}

static void steps(uint32_t count)
{
    for (uint32_t n = 0; n < count; n++) {
        stepping_note(SLOT, STEPPING_TICKS - 1);
    }
}

static int setup(void **state)
{
    now = 1000 * STEPPING_PAUSE;
    stepping_reset(SLOT);
    recorded = 0;
    return 0;
}

static void several_in_a_row_are_refused(void **state)
{
    steps(STEPPING_LIMIT - 1);
    assert_false(stepping_is_refused(SLOT));
    assert_int_equal(recorded, 0);
    steps(1);
    assert_true(stepping_is_refused(SLOT));
    assert_false(stepping_is_refused(OTHER));
    assert_int_equal(recorded, 1);
    now += STEPPING_PAUSE - 1;
    assert_true(stepping_is_refused(SLOT));
    now += 1;
    assert_false(stepping_is_refused(SLOT));
}

static void a_long_slice_between_makes_it_none(void **state)
{
    steps(STEPPING_LIMIT - 1);
    stepping_note(SLOT, STEPPING_TICKS);
    steps(STEPPING_LIMIT - 1);
    stepping_forget(SLOT);
    steps(STEPPING_LIMIT - 1);
    assert_false(stepping_is_refused(SLOT));
    assert_int_equal(recorded, 0);
}

static void a_new_vcpu_of_the_slot_is_not_refused(void **state)
{
    steps(STEPPING_LIMIT);
    steps(STEPPING_LIMIT - 1);
    stepping_reset(SLOT);
    assert_false(stepping_is_refused(SLOT));
    recorded = 0;
    steps(STEPPING_LIMIT - 1);
    assert_int_equal(recorded, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_long_slice_between_makes_it_none, setup),
        cmocka_unit_test_setup(a_new_vcpu_of_the_slot_is_not_refused, setup),
        cmocka_unit_test_setup(several_in_a_row_are_refused, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
