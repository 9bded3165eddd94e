/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz.h"

#include "boot/acpi.h"
#include "boot/acpi_table.h"
#include "tests/unit/fake_memory.h"

enum { HEADER = 4, XSDT = 0x1000, FIRST = 0x100000, STEP = 0x10000, COUNT_MAX = 64, RSDP_BYTES = 36 };

static void add_up(uint8_t *table, size_t bytes, size_t checksum_at)
{
    uint8_t sum = 0;
    table[checksum_at] = 0;
    for (size_t i = 0; i < bytes; i++) {
        sum = (uint8_t)(sum + table[i]);
    }
    table[checksum_at] = (uint8_t)-sum;
}

/* A table with a good length and checksum, unless `flags` say otherwise. */
static void put_table(uint64_t address, const char *signature, const uint8_t *body, size_t bytes,
                      uint8_t flags)
{
    const uint32_t length = (uint32_t)(ACPI_TABLE_HEADER + bytes);
    uint8_t *table = fake_memory_put(address, NULL, length);
    memcpy(table, signature, 4);
    memcpy(table + 4, &length, 4);
    memcpy(table + ACPI_TABLE_HEADER, body, bytes);
    table[4] = (uint8_t)(flags & 0x80 ? table[4] + 1 : table[4]);
    add_up(table, length, 9);
    table[9] = (uint8_t)(flags & 0x40 ? table[9] + 1 : table[9]);
}

/* The input is tables: signature and flags, length (2 bytes), a byte for nothing, body. */
static uint32_t put_tables(const uint8_t *data, size_t size, uint8_t *xsdt)
{
    static const char *const signatures[] = {"APIC", "FACP", "DSDT", "SSDT", "MCFG", "DMAR", "HPET", "WAET"};
    uint32_t count = 0;
    uint64_t listed = 0;
    while (size >= HEADER && count < COUNT_MAX) {
        const uint64_t address = FIRST + (uint64_t)count * STEP;
        const size_t asked = (size_t)(data[1] | data[2] << 8);
        const size_t bytes = asked < size - HEADER ? asked : size - HEADER;
        const char *signature = signatures[data[0] & 7];
        put_table(address, signature, data + HEADER, bytes, data[0]);
        if (strcmp(signature, "DSDT") != 0) {
            memcpy(xsdt + 8 * listed++, &address, 8);
        }
        data += HEADER + bytes;
        size -= HEADER + bytes;
        count++;
    }
    return (uint32_t)listed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct acpi_machine machine;
    uint8_t xsdt[8 * COUNT_MAX];
    uint8_t rsdp[RSDP_BYTES] = "RSD PTR ";
    const uint64_t root = XSDT;
    fake_memory_clear();
    put_table(XSDT, "XSDT", xsdt, 8 * put_tables(data, size, xsdt), 0);
    rsdp[15] = 2;
    rsdp[20] = RSDP_BYTES;
    memcpy(rsdp + 24, &root, 8);
    add_up(rsdp, 20, 8);
    add_up(rsdp, RSDP_BYTES, 32);
    const enum acpi_error error = acpi_read((struct bytes){rsdp, sizeof(rsdp)}, (struct bytes){0}, &machine);
    if (error != ACPI_OK) {
        PROMISE(strlen(acpi_error_text(error)) > 0);
        return 0;
    }
    PROMISE(machine.cpu_count > 0 && machine.cpu_count <= CPUS_MAX);
    for (uint32_t i = 1; i < machine.cpu_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            PROMISE(machine.cpus[i].apic_id != machine.cpus[j].apic_id);
        }
    }
    PROMISE(machine.ioapic_count <= ACPI_IOAPICS_MAX && machine.hpet_count <= ACPI_HPETS_MAX);
    PROMISE(machine.segment_count <= ACPI_SEGMENTS_MAX && machine.dmar.unit_count <= DMAR_UNITS_MAX);
    PROMISE(machine.power.s5_type_a <= 7 && machine.power.s5_type_b <= 7);
    PROMISE(machine.reserved_count <= ACPI_RESERVED_MAX);
    for (uint32_t i = 0; i < machine.reserved_count; i++) {
        PROMISE(machine.reserved[i].bytes > 0 &&
                machine.reserved[i].bytes - 1 <= UINT64_MAX - machine.reserved[i].address);
    }
    return 0;
}
