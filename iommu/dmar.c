/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/dmar.h"

#include "lib/memory.h"

enum { TABLE_HOST_ADDRESS_WIDTH = 36, TABLE_FLAGS = 37, TABLE_STRUCTURES = 48 };
enum structure_type { STRUCTURE_DRHD = 0, STRUCTURE_RMRR = 1, STRUCTURE_ATSR = 2 };
enum { STRUCTURE_TYPE = 0, STRUCTURE_LENGTH = 2, STRUCTURE_HEADER = 4 };
enum { DRHD_FLAGS = 4, DRHD_SEGMENT = 6, DRHD_REGISTERS = 8, DRHD_SCOPES = 16, DRHD_INCLUDE_PCI_ALL = 1 };
enum { RMRR_SEGMENT = 6, RMRR_BASE = 8, RMRR_LIMIT = 16, RMRR_SCOPES = 24 };
enum { ATSR_FLAGS = 4, ATSR_SEGMENT = 6, ATSR_SCOPES = 8, ATSR_ALL_PORTS = 1 };
enum { SCOPE_TYPE = 0, SCOPE_LENGTH = 1, SCOPE_ENUMERATION_ID = 4, SCOPE_START_BUS = 5, SCOPE_PATH = 6 };
enum { PATH_DEVICE = 0, PATH_FUNCTION = 1, PATH_BYTES = 2, DEVICES = 32, FUNCTIONS = 8 };
enum { REGISTERS_ALIGNMENT = 4096 };

static enum dmar_error read_scope(struct bytes scope, struct dmar *out)
{
    const uint64_t steps = (scope.size - SCOPE_PATH) / PATH_BYTES;

    if (out->scope_count == DMAR_SCOPES_MAX) {
        return DMAR_TOO_MANY_OTHERS;
    }
    if (steps == 0 || steps > DMAR_PATH_MAX || scope.size % PATH_BYTES != 0) {
        return DMAR_BAD_ENTRY;
    }
    struct dmar_scope *to = &out->scopes[out->scope_count++];
    to->type = bytes_u8(scope, SCOPE_TYPE);
    to->enumeration_id = bytes_u8(scope, SCOPE_ENUMERATION_ID);
    to->start_bus = bytes_u8(scope, SCOPE_START_BUS);
    to->path_count = (uint8_t)steps;
    for (uint64_t i = 0; i < steps; i++) {
        const uint8_t device = bytes_u8(scope, SCOPE_PATH + i * PATH_BYTES + PATH_DEVICE);
        const uint8_t function = bytes_u8(scope, SCOPE_PATH + i * PATH_BYTES + PATH_FUNCTION);
        if (device >= DEVICES || function >= FUNCTIONS) {
            return DMAR_BAD_ENTRY;
        }
        to->path[i] = (uint8_t)(device * FUNCTIONS + function);
    }
    return DMAR_OK;
}

/* The scopes from `at` to the end of the structure. */
static enum dmar_error read_scopes(struct bytes structure, uint64_t at, struct dmar *out,
                                   struct dmar_scopes *scopes)
{
    scopes->first = out->scope_count;
    while (at < structure.size) {
        const uint8_t length = bytes_u8(structure, at + SCOPE_LENGTH);
        if (length < SCOPE_PATH || !bytes_hold(structure, at, length)) {
            return DMAR_BAD_ENTRY;
        }
        const enum dmar_error error = read_scope(bytes_part(structure, at, length), out);
        if (error != DMAR_OK) {
            return error;
        }
        at += length;
    }
    scopes->count = out->scope_count - scopes->first;
    return DMAR_OK;
}

static enum dmar_error read_drhd(struct bytes drhd, struct dmar *out)
{
    const uint64_t registers = bytes_u64(drhd, DRHD_REGISTERS);

    if (drhd.size < DRHD_SCOPES || registers == 0 || registers % REGISTERS_ALIGNMENT != 0) {
        return DMAR_BAD_ENTRY;
    }
    if (out->unit_count == DMAR_UNITS_MAX) {
        return DMAR_TOO_MANY_UNITS;
    }
    struct dmar_unit *unit = &out->units[out->unit_count++];
    unit->registers = registers;
    unit->segment = bytes_u16(drhd, DRHD_SEGMENT);
    unit->include_all = (bytes_u8(drhd, DRHD_FLAGS) & DRHD_INCLUDE_PCI_ALL) != 0;
    return read_scopes(drhd, DRHD_SCOPES, out, &unit->scopes);
}

static enum dmar_error read_rmrr(struct bytes rmrr, struct dmar *out)
{
    const uint64_t base = bytes_u64(rmrr, RMRR_BASE);
    const uint64_t limit = bytes_u64(rmrr, RMRR_LIMIT);

    if (rmrr.size < RMRR_SCOPES || limit < base || limit - base == UINT64_MAX) {
        return DMAR_BAD_ENTRY;
    }
    if (out->rmrr_count == DMAR_RMRRS_MAX) {
        return DMAR_TOO_MANY_RMRRS;
    }
    struct dmar_rmrr *to = &out->rmrrs[out->rmrr_count++];
    to->base = base;
    to->limit = limit;
    to->segment = bytes_u16(rmrr, RMRR_SEGMENT);
    return read_scopes(rmrr, RMRR_SCOPES, out, &to->scopes);
}

static enum dmar_error read_atsr(struct bytes atsr, struct dmar *out)
{
    if (atsr.size < ATSR_SCOPES) {
        return DMAR_BAD_ENTRY;
    }
    if (out->atsr_count == DMAR_ATSRS_MAX) {
        return DMAR_TOO_MANY_OTHERS;
    }
    struct dmar_atsr *to = &out->atsrs[out->atsr_count++];
    to->segment = bytes_u16(atsr, ATSR_SEGMENT);
    to->all_ports = (bytes_u8(atsr, ATSR_FLAGS) & ATSR_ALL_PORTS) != 0;
    return read_scopes(atsr, ATSR_SCOPES, out, &to->scopes);
}

static enum dmar_error read_structure(struct bytes structure, struct dmar *out)
{
    switch (bytes_u16(structure, STRUCTURE_TYPE)) {
    case STRUCTURE_DRHD:
        return read_drhd(structure, out);
    case STRUCTURE_RMRR:
        return read_rmrr(structure, out);
    case STRUCTURE_ATSR:
        return read_atsr(structure, out);
    default:
        return DMAR_OK;
    }
}

static bool contradict(const struct dmar_unit *one, const struct dmar_unit *other)
{
    return one->registers == other->registers ||
           (one->segment == other->segment && one->include_all && other->include_all);
}

static void find_disputes(struct dmar *out)
{
    for (uint32_t i = 0; i < out->unit_count; i++) {
        for (uint32_t j = 0; j < out->unit_count; j++) {
            if (i != j && contradict(&out->units[i], &out->units[j])) {
                out->units[i].disputed = true;
            }
        }
    }
}

enum dmar_error dmar_read(struct bytes table, struct dmar *out)
{
    uint64_t at = TABLE_STRUCTURES;

    memset(out, 0, sizeof(*out));
    if (table.size < TABLE_STRUCTURES) {
        return DMAR_BAD_LENGTH;
    }
    out->host_address_bits = (uint8_t)(bytes_u8(table, TABLE_HOST_ADDRESS_WIDTH) + 1);
    out->flags = bytes_u8(table, TABLE_FLAGS);
    while (at < table.size) {
        const uint16_t length = bytes_u16(table, at + STRUCTURE_LENGTH);
        if (length < STRUCTURE_HEADER || !bytes_hold(table, at, length)) {
            return DMAR_BAD_ENTRY;
        }
        const enum dmar_error error = read_structure(bytes_part(table, at, length), out);
        if (error != DMAR_OK) {
            return error;
        }
        at += length;
    }
    find_disputes(out);
    return DMAR_OK;
}
