/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "arch/x86_64/pci.h"
#include "tests/unit/fake_machine.h"

enum {
    COMMAND_ALL = 0x547,
    COMMAND_SILENT = 0x543,
    HEADER = 0x0e,
    SECONDARY = 0x19,
    BRIDGE = 1,
    MULTI = 0x80
};

static int start(void **state)
{
    fake_reset();
    memset(&pci_machine, 0, sizeof(pci_machine));
    return 0;
}

static void all_are_silent(void)
{
    for (uint32_t i = 0; i < fake.function_count; i++) {
        assert_int_equal(fake_command(&fake.functions[i]) & 4, 0);
    }
    /* Nothing but Command was written, and Status not with it (its bits clear when written). */
    for (uint32_t i = 0; i < fake.write_count; i++) {
        assert_int_equal(fake.writes[i].kind, FAKE_CONFIG);
        assert_int_equal(fake.writes[i].address & 0xffff, 4);
        assert_int_equal(fake.writes[i].bytes, 2);
    }
}

static void bus_master_bits_alone_go_off(void **state)
{
    struct fake_function *a = fake_add(0, 0, 0, 0, COMMAND_ALL);
    struct fake_function *b = fake_add(0, 0, 31, 0, COMMAND_SILENT);
    pci_silence(0, 0, 0, 255);
    assert_int_equal(fake_command(a), COMMAND_SILENT);
    assert_int_equal(fake_command(b), COMMAND_SILENT);
    assert_int_equal(pci_machine.silenced, 2);
    assert_int_equal(pci_machine.count, 2);
    assert_int_equal(pci_machine.stuck, 0);
    assert_int_equal(pci_machine.functions[1].device, 31);
    assert_int_equal(pci_machine.functions[1].vendor_id, 0x8086);
    assert_int_equal(pci_machine.functions[1].device_id, 0x1000);
    assert_int_equal(pci_machine.functions[1].class_revision, 0x02000000);
    all_are_silent();
}

/* A bridge that denies what lies behind it, one that leads to itself, and buses no bridge leads to. */
static void bridges_that_lie_hide_nothing(void **state)
{
    fake_add(0, 0, 1, 0, COMMAND_ALL)->config[HEADER] = BRIDGE;
    fake_add(0, 0, 2, 0, COMMAND_ALL)->config[HEADER] = BRIDGE;
    fake.functions[1].config[SECONDARY] = 0;
    fake_add(0, 0, 3, 0, COMMAND_ALL)->config[HEADER] = BRIDGE;
    fake.functions[2].config[SECONDARY] = 0xff;
    fake_add(0, 7, 5, 0, COMMAND_ALL);
    fake_add(0, 0x7f, 0, 0, COMMAND_ALL);
    fake_add(0, 0xff, 31, 0, COMMAND_ALL);
    pci_silence(0, 0, 0, 255);
    assert_int_equal(pci_machine.silenced, 6);
    assert_int_equal(pci_machine.functions[0].header_type, BRIDGE);
    all_are_silent();
}

static void functions_of_a_device(void **state)
{
    fake_add(0, 0, 4, 0, COMMAND_ALL)->config[HEADER] = MULTI;
    fake_add(0, 0, 4, 3, COMMAND_ALL);
    fake_add(0, 0, 4, 7, COMMAND_ALL);
    fake_add(0, 0, 5, 0, COMMAND_ALL)->aliased = true;
    pci_silence(0, 0, 0, 255);
    assert_int_equal(pci_machine.count, 4);
    assert_int_equal(pci_machine.functions[2].function, 7);
    assert_int_equal(pci_machine.functions[3].device, 5);
    all_are_silent();
}

static void a_hardwired_bit_is_counted(void **state)
{
    struct fake_function *a = fake_add(0, 0, 0, 0, COMMAND_ALL);
    a->writable = 0;
    pci_silence(0, 0, 0, 255);
    assert_int_equal(pci_machine.silenced, 1);
    assert_int_equal(pci_machine.stuck, 1);
}

static void more_functions_than_the_table_holds(void **state)
{
    for (uint32_t i = 0; i < PCI_FUNCTIONS_MAX + 20; i++) {
        fake_add(0, (uint8_t)(i / 32), (uint8_t)(i % 32), 0, COMMAND_ALL);
    }
    pci_silence(0, 0, 0, 255);
    assert_int_equal(pci_machine.silenced, PCI_FUNCTIONS_MAX + 20);
    assert_int_equal(pci_machine.count, PCI_FUNCTIONS_MAX);
    all_are_silent();
}

static void another_segment_by_ecam(void **state)
{
    fake_add(0, 3, 0, 0, COMMAND_ALL);
    struct fake_function *inside = fake_add(1, 3, 2, 0, COMMAND_ALL);
    struct fake_function *outside = fake_add(1, 5, 2, 0, COMMAND_ALL);
    pci_silence(1, FAKE_ECAM, 2, 4);
    assert_int_equal(fake_command(inside), COMMAND_SILENT);
    assert_int_equal(fake_command(outside), COMMAND_ALL);
    assert_int_equal(fake_command(&fake.functions[0]), COMMAND_ALL);
    assert_int_equal(pci_machine.count, 1);
    assert_int_equal(pci_machine.functions[0].segment, 1);
    assert_int_equal(fake.unmaps, 3); /* buses */
}

static void an_empty_machine_is_bounded(void **state)
{
    pci_silence(0, 0, 0, 255);
    assert_int_equal(fake.reads_of_config, PCI_BUSES * PCI_DEVICES);
    assert_int_equal(fake.write_count, 0);
}

static void writes_of_every_width(void **state)
{
    const struct pci_place port = {.bus = 1, .device = 2, .function = 3};
    const struct pci_place memory = {.ecam = (void *)(FAKE_ECAM + 0x100000), .device = 2, .function = 3};
    const uint64_t place = 0x01130000;
    pci_config_write(&port, 0x3d, 1, 0x1234);
    assert_int_equal(fake_last(FAKE_CONFIG, place | 0x3d), 0x34);
    pci_config_write(&port, 0x10, 4, 0x12345678);
    assert_int_equal(fake_last(FAKE_CONFIG, place | 0x10), 0x12345678);
    pci_config_write(&memory, 0x3d, 1, 0x1234);
    assert_int_equal(fake_last(FAKE_CONFIG, 1ull << 32 | place | 0x3d), 0x34);
    pci_config_write(&memory, 0x10, 4, 0x12345678);
    assert_int_equal(fake_last(FAKE_CONFIG, 1ull << 32 | place | 0x10), 0x12345678);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(bus_master_bits_alone_go_off, start),
        cmocka_unit_test_setup(bridges_that_lie_hide_nothing, start),
        cmocka_unit_test_setup(functions_of_a_device, start),
        cmocka_unit_test_setup(a_hardwired_bit_is_counted, start),
        cmocka_unit_test_setup(more_functions_than_the_table_holds, start),
        cmocka_unit_test_setup(another_segment_by_ecam, start),
        cmocka_unit_test_setup(an_empty_machine_is_bounded, start),
        cmocka_unit_test_setup(writes_of_every_width, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
