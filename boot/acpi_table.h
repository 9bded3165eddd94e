/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_ACPI_TABLE_H
#define BOOT_ACPI_TABLE_H

#include "boot/acpi.h"

/* Source: ACPI Specification 6.5, "System Description Table Header". */
enum { ACPI_TABLE_HEADER = 36, ACPI_TABLE_BYTES_MAX = 16 << 20 };

/* A table signature as a number: its four bytes, little-endian. */
#define ACPI_SIGNATURE(a, b, c, d)                                                                           \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* Whether the bytes of a table add up to zero. */
bool acpi_table_adds_up(struct bytes table);

/* The four bytes at `address`, or 0 where they cannot be reached. */
uint32_t acpi_table_signature(uint64_t address);

/* Reach the whole table at `address`, header included, and check its length (ACPI_TABLE_HEADER to
 * ACPI_TABLE_BYTES_MAX) and checksum.  ACPI_OK with *table set, ACPI_UNREACHABLE, ACPI_BAD_LENGTH or
 * ACPI_BAD_CHECKSUM. */
enum acpi_error acpi_table_open(uint64_t address, struct bytes *table);

/* The Generic Address Structure at `offset` of a table; address 0 where it is not inside. */
struct acpi_register acpi_table_register(struct bytes table, uint64_t offset);

#endif
