/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/acpi_dmar.h"

/* Intel VT-d Architecture Specification 4.1, "DMA Remapping Reporting Structure" and "Remapping Structure
 * Types". */
enum { DMAR_STRUCTURES = 48 };
enum { STRUCTURE_TYPE = 0, STRUCTURE_LENGTH = 2, STRUCTURE_HEADER = 4 };
enum structure_type { STRUCTURE_DRHD = 0, STRUCTURE_RMRR = 1 };
enum { DRHD_REGISTERS = 8 };
enum { RMRR_BASE = 8, RMRR_LIMIT = 16, RMRR_BYTES = 24 };

static enum acpi_error add_drhd(struct bytes drhd, struct acpi_machine *out)
{
    const uint64_t registers =
        bytes_u64(drhd, DRHD_REGISTERS); /* 0 too where the structure ends before them */
    if (registers == 0) {
        return ACPI_BAD_ENTRY;
    }
    if (out->drhd_count == ACPI_DRHDS_MAX) {
        return ACPI_TOO_MANY_DRHDS;
    }
    out->drhds[out->drhd_count++] = registers;
    return ACPI_OK;
}

static enum acpi_error add_rmrr(struct bytes rmrr, struct acpi_machine *out)
{
    const uint64_t base = bytes_u64(rmrr, RMRR_BASE);
    const uint64_t limit = bytes_u64(rmrr, RMRR_LIMIT); /* inclusive */
    if (rmrr.size < RMRR_BYTES) {
        return ACPI_BAD_ENTRY;
    }
    /* Is it one that the firmware left empty? */
    if (base == 0 && limit == 0) {
        return ACPI_OK;
    }
    if (limit < base || limit - base == UINT64_MAX) {
        return ACPI_BAD_ENTRY;
    }
    if (out->reserved_count == ACPI_RESERVED_MAX) {
        return ACPI_TOO_MANY_RESERVED;
    }
    out->reserved[out->reserved_count++] = (struct acpi_range){base, limit - base + 1};
    return ACPI_OK;
}

enum acpi_error acpi_dmar_read(struct bytes dmar, struct acpi_machine *out)
{
    if (dmar.size < DMAR_STRUCTURES) {
        return ACPI_BAD_LENGTH;
    }
    uint64_t at = DMAR_STRUCTURES;
    while (at < dmar.size) {
        const uint16_t length = bytes_u16(dmar, at + STRUCTURE_LENGTH);
        if (length < STRUCTURE_HEADER || !bytes_hold(dmar, at, length)) {
            return ACPI_BAD_ENTRY;
        }
        const struct bytes structure = bytes_part(dmar, at, length);
        const uint16_t type = bytes_u16(structure, STRUCTURE_TYPE);
        enum acpi_error error = ACPI_OK;
        if (type == STRUCTURE_DRHD) {
            error = add_drhd(structure, out);
        } else if (type == STRUCTURE_RMRR) {
            error = add_rmrr(structure, out);
        }
        if (error != ACPI_OK) {
            return error;
        }
        at += length;
    }
    return ACPI_OK;
}
