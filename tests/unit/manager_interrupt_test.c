/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "manager/guest.h"
#include "manager/interrupt.h"

static struct guest one, other;
static const struct assigned *told[8];
static unsigned numbers[8], count;

void assigned_interrupt(struct assigned *device, unsigned number)
{
    assert_int_not_equal(one.lock.next + other.lock.next, one.lock.serving + other.lock.serving);
    told[count] = device;
    numbers[count++] = number;
}

static int setup(void **state)
{
    interrupt_forget(&one);
    interrupt_forget(&other);
    one.state = other.state = GUEST_ON;
    count = 0;
    return 0;
}

static void each_comes_to_its_guest(void **state)
{
    const uint32_t a = interrupt_take(&one, 0, 3);
    const uint32_t b = interrupt_take(&other, 2, 0);

    assert_true(a != b && a >= INTERRUPT_VECTOR_FIRST && b < INTERRUPT_VECTOR_FIRST + INTERRUPT_VECTORS);
    assert_false(interrupt_waits());
    assert_true(interrupt_arrived(b));
    assert_true(interrupt_arrived(a));
    assert_true(interrupt_arrived(a));
    assert_true(interrupt_waits());
    assert_int_equal(count, 0);
    interrupt_hand_on();
    assert_false(interrupt_waits());
    assert_int_equal(count, 2);
    const unsigned first = told[0] == &one.devices.assigned[0] ? 0 : 1;
    assert_ptr_equal(told[first], &one.devices.assigned[0]);
    assert_int_equal(numbers[first], 3);
    assert_ptr_equal(told[1 - first], &other.devices.assigned[2]);
    assert_int_equal(numbers[1 - first], 0);
    interrupt_hand_on();
    assert_int_equal(count, 2);
}

static void nobody_gets_what_is_for_one_that_is_gone(void **state)
{
    const uint32_t a = interrupt_take(&one, 0, 0);

    one.state = GUEST_ENDING;
    assert_true(interrupt_arrived(a));
    interrupt_hand_on();
    assert_int_equal(count, 0);
    assert_true(interrupt_arrived(a));
    interrupt_forget(&one);
    assert_false(interrupt_waits());
    assert_int_equal(interrupt_take(&other, 0, 0), a);
    interrupt_hand_on();
    assert_int_equal(count, 0);
}

static void other_vectors_are_not_devices(void **state)
{
    assert_false(interrupt_arrived(INTERRUPT_VECTOR_FIRST - 1));
    assert_false(interrupt_arrived(INTERRUPT_VECTOR_FIRST + INTERRUPT_VECTORS));
    assert_false(interrupt_arrived(14));
    /* One that nobody has taken. */
    assert_true(interrupt_arrived(INTERRUPT_VECTOR_FIRST));
    interrupt_hand_on();
    assert_int_equal(count, 0);
}

static void vectors_run_out(void **state)
{
    for (uint32_t i = 0; i < INTERRUPT_VECTORS; i++) {
        assert_int_equal(interrupt_take(&one, 0, i), INTERRUPT_VECTOR_FIRST + i);
    }
    assert_int_equal(interrupt_take(&other, 0, 0), 0);
    interrupt_forget(&one);
    assert_int_not_equal(interrupt_take(&other, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_comes_to_its_guest, setup),
        cmocka_unit_test_setup(nobody_gets_what_is_for_one_that_is_gone, setup),
        cmocka_unit_test_setup(other_vectors_are_not_devices, setup),
        cmocka_unit_test_setup(vectors_run_out, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
