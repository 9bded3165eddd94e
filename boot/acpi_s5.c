/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/acpi_s5.h"

/* ACPI Specification 6.5, "AML Encoding" and "AML Grammar Definition". */
enum aml {
    AML_ZERO = 0x00,
    AML_ONE = 0x01,
    AML_NAME = 0x08,
    AML_BYTE = 0x0a,
    AML_WORD = 0x0b,
    AML_DWORD = 0x0c,
    AML_QWORD = 0x0e,
    AML_PACKAGE = 0x12,
    AML_ROOT = '\\',
};

enum { NAME_BYTES = 4, SLEEP_TYPE_MAX = 7, PACKAGE_LENGTH_SHIFT = 6, NOT_A_CONSTANT = 0xff };

/* The constant at *at, which moves behind it; above SLEEP_TYPE_MAX where it is none that counts. */
static uint64_t read_constant(struct bytes aml, uint64_t *at)
{
    const uint8_t opcode = bytes_u8(aml, *at);
    const uint64_t data = *at + 1;
    if (!bytes_hold(aml, *at, 1)) {
        return NOT_A_CONSTANT;
    }
    switch (opcode) {
    case AML_ZERO:
    case AML_ONE:
        *at = data;
        return opcode;
    case AML_BYTE:
        *at = data + sizeof(uint8_t);
        return bytes_hold(aml, data, sizeof(uint8_t)) ? bytes_u8(aml, data) : NOT_A_CONSTANT;
    case AML_WORD:
        *at = data + sizeof(uint16_t);
        return bytes_hold(aml, data, sizeof(uint16_t)) ? bytes_u16(aml, data) : NOT_A_CONSTANT;
    case AML_DWORD:
        *at = data + sizeof(uint32_t);
        return bytes_hold(aml, data, sizeof(uint32_t)) ? bytes_u32(aml, data) : NOT_A_CONSTANT;
    case AML_QWORD:
        *at = data + sizeof(uint64_t);
        return bytes_hold(aml, data, sizeof(uint64_t)) ? bytes_u64(aml, data) : NOT_A_CONSTANT;
    default:
        return NOT_A_CONSTANT;
    }
}

/* The package at `at`: opcode, length in one to four bytes, number of elements, elements. */
static bool read_package(struct bytes aml, uint64_t at, struct acpi_power *power)
{
    if (bytes_u8(aml, at) != AML_PACKAGE || !bytes_hold(aml, at, 2)) {
        return false;
    }
    const uint64_t count_at = at + 2 + (bytes_u8(aml, at + 1) >> PACKAGE_LENGTH_SHIFT);
    const uint8_t count = bytes_u8(aml, count_at);
    uint64_t element = count_at + 1;
    if (count == 0) {
        return false;
    }
    const uint64_t a = read_constant(aml, &element);
    const uint64_t b = count > 1 ? read_constant(aml, &element) : a;
    if (a > SLEEP_TYPE_MAX || b > SLEEP_TYPE_MAX) {
        return false;
    }
    power->has_s5 = true;
    power->s5_type_a = (uint8_t)a;
    power->s5_type_b = (uint8_t)b;
    return true;
}

bool acpi_s5_find(struct bytes table, struct acpi_power *power)
{
    for (uint64_t at = ACPI_TABLE_HEADER; bytes_hold(table, at, NAME_BYTES); at++) {
        if (bytes_u32(table, at) != ACPI_SIGNATURE('_', 'S', '5', '_')) {
            continue;
        }
        /* Is it the name that a Name operator gives, at the root or in the scope it stands in? */
        const bool named = bytes_u8(table, at - 1) == AML_NAME ||
                           (bytes_u8(table, at - 1) == AML_ROOT && bytes_u8(table, at - 2) == AML_NAME);
        if (named && read_package(table, at + NAME_BYTES, power)) {
            return true;
        }
    }
    return false;
}
