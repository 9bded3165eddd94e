/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "arch/x86_64/power.h"
#include "arch/x86_64/tsc.h"
#include "tests/unit/fake_machine.h"

enum { PM1A = 0xb004, PM1B = 0xb104, SMI_CMD = 0xb2, FACS = 0x1ff00, ENDED_IN_PANIC = 1, ENDED_IN_FAULT = 2 };

static struct power_facts facts;

void tsc_wait_microseconds(uint64_t microseconds)
{
}

static int start(void **state)
{
    fake_reset();
    fake.pm1_now = 0x3c05; /* SCI_EN, GBL_RLS, SLP_TYP 7, SLP_EN */
    facts = (struct power_facts){
        .pm1a_control = {PM1A, POWER_SPACE_IO}, .has_off = true, .off_type_a = 5, .off_type_b = 2};
    return 0;
}

static void go_off(void)
{
    power_init(&facts);
    if (setjmp(fake.end) == 0) {
        power_off();
    }
}

static int reset(void)
{
    power_init(&facts);
    const int end = setjmp(fake.end);
    if (end == 0) {
        power_reset();
    }
    return end;
}

static void is_write(uint32_t at, enum fake_kind kind, uint64_t address, uint64_t value)
{
    assert_true(at < fake.write_count);
    assert_int_equal(fake.writes[at].kind, kind);
    assert_int_equal(fake.writes[at].address, address);
    assert_int_equal(fake.writes[at].value, value);
}

static void off_by_one_register(void **state)
{
    go_off();
    is_write(0, FAKE_PORT, PM1A, 0x1401);
    is_write(1, FAKE_PORT, PM1A, 0x3401);
    assert_int_equal(fake.write_count, 2);
}

static void off_by_two_registers(void **state)
{
    facts.pm1b_control = (struct power_register){PM1B, POWER_SPACE_IO};
    go_off();
    is_write(0, FAKE_PORT, PM1A, 0x1401);
    is_write(1, FAKE_PORT, PM1B, 0x0801);
    is_write(2, FAKE_PORT, PM1A, 0x3401);
    is_write(3, FAKE_PORT, PM1B, 0x2801);
    assert_int_equal(fake.write_count, 4);
}

static void off_without_s5_writes_nothing(void **state)
{
    facts.has_off = false;
    go_off();
    assert_int_equal(fake.write_count, 0);
}

static void off_where_hardware_is_reduced(void **state)
{
    facts.reduced = true;
    facts.sleep_control = (struct power_register){0xfee0, POWER_SPACE_MEMORY};
    go_off();
    is_write(0, FAKE_MEMORY, 0xfee0, 5 << 2 | 1 << 5);
    assert_int_equal(fake.write_count, 1);
}

static void waking_vectors_are_cleared_twice(void **state)
{
    facts.facs[1] = FACS;
    go_off();
    assert_int_equal(fake_count(FAKE_MEMORY, FACS + 12), 2);
    assert_int_equal(fake_count(FAKE_MEMORY, FACS + 24), 2);
    assert_int_equal(fake_count(FAKE_MEMORY, FACS + 28), 2);
    assert_int_equal(fake_last(FAKE_MEMORY, FACS + 12), 0);
    /* The second time before the machine is told to sleep. */
    is_write(fake.write_count - 1, FAKE_PORT, PM1A, 0x3401);
}

static void reset_in_order(void **state)
{
    facts.reset = (struct power_register){0x444, POWER_SPACE_IO};
    facts.reset_value = 0x0f;
    assert_int_equal(reset(), ENDED_IN_FAULT);
    is_write(0, FAKE_PORT, 0x444, 0x0f);
    is_write(1, FAKE_PORT, 0xcf9, 0x02);
    is_write(2, FAKE_PORT, 0xcf9, 0x06);
    is_write(3, FAKE_PORT, 0x64, 0xfe);
    assert_int_equal(fake.write_count, 4);
}

static void reset_without_a_register(void **state)
{
    fake.keyboard_status = 0x02; /* full for ever */
    assert_int_equal(reset(), ENDED_IN_FAULT);
    is_write(0, FAKE_PORT, 0xcf9, 0x02);
    assert_int_equal(fake_last(FAKE_PORT, 0x64), 0xfe);
}

static void reset_by_memory_and_by_config_space(void **state)
{
    facts.reset = (struct power_register){0xfed0, POWER_SPACE_MEMORY};
    facts.reset_value = 0x5a;
    (void)reset();
    is_write(0, FAKE_MEMORY, 0xfed0, 0x5a);
    fake_reset();
    facts.reset = (struct power_register){0x1f000300a4ull, POWER_SPACE_PCI_CONFIG};
    (void)reset();
    is_write(0, FAKE_CONFIG, 0x00fb00a4, 0x5a);
}

static void a_space_of_no_known_kind_is_not_written(void **state)
{
    facts.reset = (struct power_register){0x444, 0x7f};
    (void)reset();
    is_write(0, FAKE_PORT, 0xcf9, 0x02);
    facts.pm1a_control.space = 0x7f;
    fake_reset();
    go_off();
    assert_int_equal(fake.write_count, 0);
}

static void no_smi(void **state)
{
    facts.reset = (struct power_register){0x444, POWER_SPACE_IO};
    (void)reset();
    go_off();
    assert_int_equal(fake_count(FAKE_PORT, SMI_CMD), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(off_by_one_register, start),
        cmocka_unit_test_setup(off_by_two_registers, start),
        cmocka_unit_test_setup(off_without_s5_writes_nothing, start),
        cmocka_unit_test_setup(off_where_hardware_is_reduced, start),
        cmocka_unit_test_setup(waking_vectors_are_cleared_twice, start),
        cmocka_unit_test_setup(reset_in_order, start),
        cmocka_unit_test_setup(reset_without_a_register, start),
        cmocka_unit_test_setup(reset_by_memory_and_by_config_space, start),
        cmocka_unit_test_setup(a_space_of_no_known_kind_is_not_written, start),
        cmocka_unit_test_setup(no_smi, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
