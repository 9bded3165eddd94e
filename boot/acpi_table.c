/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/acpi_table.h"

#include <stddef.h>

#include "boot/boot_memory.h"

enum { TABLE_SIGNATURE = 0, TABLE_LENGTH = 4 };

/* "Generic Address Structure (GAS)". */
enum { GAS_SPACE = 0, GAS_BIT_WIDTH = 1, GAS_ACCESS = 3, GAS_ADDRESS = 4, GAS_BYTES = 12 };

bool acpi_table_adds_up(struct bytes table)
{
    uint8_t sum = 0;
    for (uint64_t i = 0; i < table.size; i++) {
        sum = (uint8_t)(sum + table.at[i]);
    }
    return sum == 0;
}

uint32_t acpi_table_signature(uint64_t address)
{
    const struct bytes signature = {boot_memory(address, sizeof(uint32_t)), sizeof(uint32_t)};
    return signature.at == NULL ? 0 : bytes_u32(signature, TABLE_SIGNATURE);
}

enum acpi_error acpi_table_open(uint64_t address, struct bytes *table)
{
    const struct bytes header = {boot_memory(address, ACPI_TABLE_HEADER), ACPI_TABLE_HEADER};
    if (address == 0 || header.at == NULL) {
        return ACPI_UNREACHABLE;
    }
    const uint32_t length = bytes_u32(header, TABLE_LENGTH);
    if (length < ACPI_TABLE_HEADER || length > ACPI_TABLE_BYTES_MAX) {
        return ACPI_BAD_LENGTH;
    }
    *table = (struct bytes){boot_memory(address, length), length};
    if (table->at == NULL) {
        return ACPI_UNREACHABLE;
    }
    return acpi_table_adds_up(*table) ? ACPI_OK : ACPI_BAD_CHECKSUM;
}

struct acpi_register acpi_table_register(struct bytes table, uint64_t offset)
{
    const struct bytes gas = bytes_part(table, offset, GAS_BYTES);
    return (struct acpi_register){
        .address = bytes_u64(gas, GAS_ADDRESS),
        .space = bytes_u8(gas, GAS_SPACE),
        .bit_width = bytes_u8(gas, GAS_BIT_WIDTH),
        .access = bytes_u8(gas, GAS_ACCESS),
    };
}
