/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of whole machines, captured from their memory (tests/unit/data/capture.py). */
#include "tests/unit/unit.h"

#include "boot/acpi.h"
#include "tests/unit/fake_memory.h"

static struct acpi_machine machine;

/* A machine whose firmware has the old RSDP only. */
static enum acpi_error read_machine(const char *path)
{
    size_t bytes;
    fake_memory_clear();
    assert_true(fake_memory_load(path));
    const uint8_t *rsdp = fake_memory_find("RSD PTR ", &bytes);
    assert_int_equal(bytes, 20);
    return acpi_read((struct bytes){0}, (struct bytes){rsdp, bytes}, &machine);
}

static int teardown(void **state)
{
    fake_memory_clear();
    return 0;
}

static void qemu_q35(void **state)
{
    assert_int_equal(read_machine("tests/unit/data/qemu-q35.acpi"), ACPI_OK);
    assert_int_equal(machine.cpu_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(machine.cpus[i].apic_id, i);
        assert_true(machine.cpus[i].enabled);
    }
    assert_int_equal(machine.lapic_address, 0xfee00000);
    assert_true(machine.has_8259);
    assert_int_equal(machine.ioapic_count, 1);
    assert_int_equal(machine.ioapics[0].address, 0xfec00000);
    assert_int_equal(machine.hpet_count, 1);
    assert_int_equal(machine.hpets[0], 0xfed00000);
    assert_int_equal(machine.segment_count, 1);
    assert_int_equal(machine.segments[0].ecam, 0xb0000000);
    assert_int_equal(machine.segments[0].first_bus, 0);
    assert_int_equal(machine.segments[0].last_bus, 255);
    assert_int_equal(machine.power.pm1a_control.address, 0x604);
    assert_int_equal(machine.power.pm1a_control.space, ACPI_SPACE_IO);
    assert_int_equal(machine.power.pm1a_control.bit_width, 16);
    assert_int_equal(machine.power.pm1b_control.address, 0);
    assert_int_equal(machine.power.smi_command, 0xb2);
    assert_int_equal(machine.power.acpi_enable, 2);
    assert_true(machine.power.has_reset);
    assert_int_equal(machine.power.reset.address, 0xcf9);
    assert_int_equal(machine.power.reset.space, ACPI_SPACE_IO);
    assert_int_equal(machine.power.reset_value, 0x0f);
    assert_false(machine.power.hardware_reduced);
    assert_int_equal(machine.power.facs[0], 0x7fe0000);
    assert_true(machine.power.has_s5);
    assert_int_equal(machine.power.s5_type_a, 0);
    assert_int_equal(machine.power.s5_type_b, 0);
    assert_int_equal(machine.dmar_address, 0x7fe22cd);
    assert_int_equal(machine.dmar_bytes, 104);
    assert_int_equal(machine.dmar.unit_count, 1);
    assert_int_equal(machine.dmar.units[0].registers, 0xfed90000);
    assert_int_equal(machine.reserved_count, 0);
}

/* Both RSDPs: the XSDT is taken. */
static void qemu_under_ovmf(void **state)
{
    size_t bytes;
    fake_memory_clear();
    assert_true(fake_memory_load("tests/unit/data/qemu-ovmf.acpi"));
    const uint8_t *old = fake_memory_piece(0x777e000, &bytes);
    assert_int_equal(bytes, 20);
    const uint8_t *new = fake_memory_piece(0x777e014, &bytes);
    assert_int_equal(bytes, 36);
    uint8_t *rsdt = fake_memory_find("RSDT", &bytes);
    rsdt[4] = 0; /* would be an error if it were read */
    assert_int_equal(acpi_read((struct bytes){new, 36}, (struct bytes){old, 20}, &machine), ACPI_OK);
    assert_int_equal(machine.cpu_count, 2);
    assert_int_equal(machine.segment_count, 1);
    assert_int_equal(machine.dmar.unit_count, 1);
    assert_int_equal(machine.power.pm1a_control.address, 0x604);
    assert_int_equal(machine.power.facs[0], 0x77dd000);
    assert_true(machine.power.has_s5);
    /* And with the old one only, the RSDT that was just broken. */
    assert_int_equal(acpi_read((struct bytes){0}, (struct bytes){old, 20}, &machine), ACPI_BAD_LENGTH);
    assert_string_equal(machine.bad_table, "RSDT");
}

static void qemu_pc(void **state)
{
    assert_int_equal(read_machine("tests/unit/data/qemu-pc.acpi"), ACPI_OK);
    assert_int_equal(machine.cpu_count, 1);
    assert_int_equal(machine.segment_count, 0);
    assert_int_equal(machine.dmar_address, 0);
    assert_int_equal(machine.power.pm1a_control.address, 0x604);
    assert_int_equal(machine.power.pm1a_control.bit_width, 16);
    assert_false(machine.power.has_reset);
    assert_true(machine.power.has_s5);
}

static void bochs(void **state)
{
    assert_int_equal(read_machine("tests/unit/data/bochs.acpi"), ACPI_OK);
    assert_int_equal(machine.cpu_count, 2);
    assert_int_equal(machine.ioapic_count, 1);
    assert_int_equal(machine.ioapics[0].address, 0xfec00000);
    assert_int_equal(machine.hpet_count, 1);
    assert_int_equal(machine.hpets[0], 0xfed00000);
    assert_int_equal(machine.power.pm1a_control.address, 0xb004);
    assert_int_equal(machine.power.pm1a_control.bit_width, 16);
    assert_int_equal(machine.power.facs[0], 0x1fff00c0);
    assert_int_equal(machine.power.smi_command, 0xb2);
    assert_true(machine.power.has_s5);
    assert_int_equal(machine.power.s5_type_a, 0);
}

/* Any one byte of any table changed: nothing is read outside, and what comes out is within its bounds. */
static void every_damaged_byte_is_noticed(void **state)
{
    const char *signatures[] = {"RSD PTR ", "RSDT", "FACP", "APIC", "HPET", "MCFG", "DMAR"};
    for (uint32_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
        size_t bytes;
        assert_int_equal(read_machine("tests/unit/data/qemu-q35.acpi"), ACPI_OK);
        uint8_t *table = fake_memory_find(signatures[i], &bytes);
        size_t rsdp_bytes;
        const uint8_t *rsdp = fake_memory_find("RSD PTR ", &rsdp_bytes);
        for (size_t at = i < 2 ? 0 : 4; at < bytes;
             at++) { /* another signature is another table, not an error */
            table[at] ^= 0x41;
            assert_int_not_equal(acpi_read((struct bytes){0}, (struct bytes){rsdp, 20}, &machine), ACPI_OK);
            table[at] ^= 0x41;
        }
        assert_int_equal(acpi_read((struct bytes){0}, (struct bytes){rsdp, 20}, &machine), ACPI_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(qemu_q35, teardown),
        cmocka_unit_test_teardown(qemu_under_ovmf, teardown),
        cmocka_unit_test_teardown(qemu_pc, teardown),
        cmocka_unit_test_teardown(bochs, teardown),
        cmocka_unit_test_teardown(every_damaged_byte_is_noticed, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
