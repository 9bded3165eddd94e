/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "devices/pci_host.h"
#include "manager/guest_acpi.h"
#include "manager/guest_layout.h"

static uint8_t tables[GUEST_ACPI_BYTES];

static uint64_t get(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;
    memcpy(&value, at, bytes);
    return value;
}

static uint8_t sum(const uint8_t *at, uint64_t bytes)
{
    uint8_t total = 0;
    for (uint64_t i = 0; i < bytes; i++) {
        total = (uint8_t)(total + at[i]);
    }
    return total;
}

/* The table at guest-physical `gpa`: inside, of this signature, and its sum zero. */
static const uint8_t *table_at(uint64_t gpa, const char *signature)
{
    assert_in_range(gpa, GUEST_ACPI, GUEST_ACPI + sizeof(tables) - 36);
    const uint8_t *table = tables + (gpa - GUEST_ACPI);
    assert_memory_equal(table, signature, 4);
    assert_in_range(get(table + 4, 4), 36, sizeof(tables) - (gpa - GUEST_ACPI));
    assert_int_equal(sum(table, get(table + 4, 4)), 0);
    return table;
}

static const uint8_t *find(const char *signature)
{
    const uint8_t *xsdt = table_at(get(tables + 24, 8), "XSDT");
    for (uint64_t at = 36; at < get(xsdt + 4, 4); at += 8) {
        const uint64_t gpa = get(xsdt + at, 8);
        if (memcmp(tables + (gpa - GUEST_ACPI), signature, 4) == 0) {
            return table_at(gpa, signature);
        }
    }
    fail_msg("there is no %s", signature);
    return NULL;
}

static void the_rsdp(void **state)
{
    memset(tables, 0xa5, sizeof(tables));
    guest_acpi_make(tables, 1, true);
    assert_memory_equal(tables, "RSD PTR ", 8);
    assert_int_equal(tables[15], 2);
    assert_int_equal(get(tables + 20, 4), 36);
    assert_int_equal(sum(tables, 20), 0);
    assert_int_equal(sum(tables, 36), 0);
    assert_int_equal(get(table_at(get(tables + 24, 8), "XSDT") + 4, 4), 36 + 3 * 8);
    /* The tables lie below what is not the loader's. */
    assert_true(GUEST_ACPI + GUEST_ACPI_BYTES <= GUEST_MAILBOX);
}

static void the_fadt(void **state)
{
    guest_acpi_make(tables, 1, true);
    const uint8_t *fadt = find("FACP");
    assert_int_equal(fadt[8], 6);
    assert_int_equal(fadt[131], 5);
    assert_int_equal(get(fadt + 4, 4), 276);
    assert_int_equal(get(fadt + 109, 2), 0x24);
    assert_int_equal(get(fadt + 112, 4), 1 | 1 << 10 | 1 << 19 | 1 << 20);
    assert_int_equal(get(fadt + 116, 4), 0x01000801);
    assert_int_equal(get(fadt + 120, 8), 0x602);
    assert_int_equal(fadt[128], 1);
    assert_int_equal(get(fadt + 248, 8), 0x600);
    assert_int_equal(get(fadt + 260, 8), 0x601);
    table_at(get(fadt + 140, 8), "DSDT");
}

static void the_madt(void **state)
{
    guest_acpi_make(tables, 1, true);
    const uint8_t *madt = find("APIC");
    assert_int_equal(get(madt + 4, 4), 52);
    assert_int_equal(get(madt + 36, 8), 0xfee00000);
    assert_int_equal(get(madt + 44, 8), 0x0000000100000800);

    guest_acpi_make(tables, 2, true);
    assert_int_equal(get(find("APIC") + 4, 4), 44 + 2 * 8 + 16);
    guest_acpi_make(tables, GUEST_ACPI_CPUS_MAX, true);
    madt = find("APIC");
    assert_int_equal(get(madt + 4, 4), 44 + 64 * 8 + 16);
    assert_int_equal(madt[44 + 63 * 8 + 3], 63);
    assert_int_equal(get(madt + 44 + 64 * 8, 8), 0x1010);
    assert_int_equal(get(madt + 44 + 64 * 8 + 8, 8), GUEST_MAILBOX);
}

static void the_mcfg(void **state)
{
    guest_acpi_make(tables, 1, true);
    const uint8_t *mcfg = find("MCFG");
    assert_int_equal(get(mcfg + 4, 4), 60);
    assert_int_equal(get(mcfg + 44, 8), PCI_HOST_ECAM_BASE);
    assert_int_equal(get(mcfg + 52, 8), 0);
}

static bool dsdt_names(const char *name)
{
    const uint8_t *dsdt = table_at(get(find("FACP") + 140, 8), "DSDT");
    for (uint64_t at = 36; at + 4 <= get(dsdt + 4, 4); at++) {
        if (memcmp(dsdt + at, name, 4) == 0) {
            return true;
        }
    }
    return false;
}

static void the_dsdt_has_what_there_is(void **state)
{
    guest_acpi_make(tables, 1, true);
    assert_true(dsdt_names("_S5_") && dsdt_names("COM1") && dsdt_names("PCI0"));
    guest_acpi_make(tables, 1, false);
    assert_true(dsdt_names("_S5_") && dsdt_names("PCI0"));
    assert_false(dsdt_names("COM1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rsdp),
        cmocka_unit_test(the_fadt),
        cmocka_unit_test(the_madt),
        cmocka_unit_test(the_mcfg),
        cmocka_unit_test(the_dsdt_has_what_there_is),
    };
    return cmocka_run_group_tests_name("loader_acpi", tests, NULL, NULL);
}
