/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "abi/audit.h"
#include "manager/device_fault.h"
#include "manager/guest_device.h"
#include "manager/hypercall.h"
#include "manager/print.h"

/* A log, and two guests: the first with functions 01:00.0 and 02:00.0, the second with 03:00.1, of the group of 03:00.0. */
enum { KEPT = 1024, FIRST = 0x100, SECOND = 0x200, THIRD = 0x301, GROUP = 0x300, ONE = 77, OTHER = 78 };

static struct guest one, other;
static struct guest *const guests[] = {&one, &other};
static struct config_guest of_one, of_other;
static uint64_t records[KEPT][AUDIT_WORDS], next, reads;
static unsigned faults[3], cuts[3], said;

static unsigned number_of(const struct assigned *device)
{
    assert_true(one.lock.next + other.lock.next != one.lock.serving + other.lock.serving);
    return device == &one.devices.assigned[0] ? 0 : device == &one.devices.assigned[1] ? 1 : 2;
}

void assigned_fault(struct assigned *device)
{
    faults[number_of(device)]++;
}

void assigned_cut_off(struct assigned *device)
{
    cuts[number_of(device)]++;
}

uint32_t guest_device_group(uint32_t name)
{
    return name == THIRD ? GROUP : name;
}

void print(const char *words, ...)
{
    said++;
}

struct answer hypercall(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10, uint64_t r8)
{
    if (number == HYPERCALL_INFO) {
        assert_int_equal(rdi, INFO_AUDIT_NEXT);
        return (struct answer){STATUS_OK, next};
    }
    assert_int_equal(number, HYPERCALL_AUDIT_READ);
    assert_true(rdi < next && rsi < AUDIT_WORDS);
    reads++;
    return next - rdi > KEPT ? (struct answer){STATUS_INVALID, 0}
                             : (struct answer){STATUS_OK, records[rdi % KEPT][rsi]};
}

static void record(enum audit_event event, uint64_t a, uint64_t b)
{
    const uint64_t words[AUDIT_WORDS] = {next, 0, event, a, b, 5};

    memcpy(records[next++ % KEPT], words, sizeof(words));
}

static int setup(void **state)
{
    memset(&of_one, 0, sizeof(of_one));
    memset(&of_other, 0, sizeof(of_other));
    of_one.device_count = one.devices_had = 2;
    of_one.devices[0].name = FIRST;
    of_one.devices[1].name = SECOND;
    of_other.device_count = other.devices_had = 1;
    of_other.devices[0].name = THIRD;
    one.config = &of_one;
    other.config = &of_other;
    one.state = other.state = GUEST_ON;
    one.partition = ONE;
    other.partition = OTHER;
    device_fault_hand_on(guests, 2);
    memset(faults, 0, sizeof(faults));
    memset(cuts, 0, sizeof(cuts));
    said = 0;
    reads = 0;
    return 0;
}

static void a_fault_is_told_to_its_owner_once(void **state)
{
    record(AUDIT_DEVICE_FAULT, SECOND, 0x1000);
    record(AUDIT_GUEST_KILLED, FIRST, 0);
    record(AUDIT_DEVICE_FAULT, THIRD, 0x2000);
    record(AUDIT_DEVICE_FAULT, GROUP, 0x2000);
    device_fault_hand_on(guests, 2);
    assert_true(faults[0] == 0 && faults[1] == 1 && faults[2] == 1);
    assert_true(cuts[0] + cuts[1] + cuts[2] == 0 && said == 2);
    device_fault_hand_on(guests, 2);
    assert_true(faults[1] == 1 && said == 2);
}

static void a_group_that_is_cut_off_is_gone(void **state)
{
    record(AUDIT_DEVICE_CUT_OFF, GROUP, OTHER);
    record(AUDIT_DEVICE_CUT_OFF, FIRST, ONE);
    record(AUDIT_DEVICE_CUT_OFF, SECOND, ONE + 5); /* somebody who had it before */
    device_fault_hand_on(guests, 2);
    assert_true(cuts[0] == 1 && cuts[1] == 0 && cuts[2] == 1);
    assert_true(faults[0] + faults[1] + faults[2] == 0 && said == 2);
}

static void nobody_is_told_who_is_off_or_has_it_not_yet(void **state)
{
    one.state = GUEST_ENDING;
    other.devices_had = 0;
    record(AUDIT_DEVICE_FAULT, FIRST, 0);
    record(AUDIT_DEVICE_FAULT, THIRD, 0);
    device_fault_hand_on(guests, 2);
    assert_int_equal(said, 0);
}

static void what_the_log_has_lost_is_passed_over(void **state)
{
    for (unsigned i = 0; i < 10 * KEPT; i++) {
        record(AUDIT_DEVICE_FAULT, FIRST, i);
    }
    device_fault_hand_on(guests, 2);
    assert_int_equal(faults[0], KEPT);
}

static void without_devices_it_costs_nothing(void **state)
{
    of_one.device_count = of_other.device_count = 0;
    record(AUDIT_DEVICE_FAULT, FIRST, 0);
    device_fault_hand_on(guests, 2);
    assert_true(reads == 0 && said == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_fault_is_told_to_its_owner_once, setup),
        cmocka_unit_test_setup(a_group_that_is_cut_off_is_gone, setup),
        cmocka_unit_test_setup(nobody_is_told_who_is_off_or_has_it_not_yet, setup),
        cmocka_unit_test_setup(what_the_log_has_lost_is_passed_over, setup),
        cmocka_unit_test_setup(without_devices_it_costs_nothing, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
