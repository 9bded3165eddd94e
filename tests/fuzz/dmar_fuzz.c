/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz.h"

#include "iommu/dmar.h"
#include "iommu/dmar_scope.h"

enum { BRIDGES = 4, BRIDGE_BYTES = 4, STRUCTURES = 48 };

static void check_scopes(const struct dmar *dmar, struct dmar_scopes scopes)
{
    PROMISE(scopes.first + scopes.count <= dmar->scope_count);
}

/* The input is four bridges, then what follows the header of a DMAR. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dmar dmar;
    struct dmar_bridge list[BRIDGES];
    const struct dmar_bridges bridges = {BRIDGES, list};
    if (size < BRIDGES * BRIDGE_BYTES) {
        return 0;
    }
    for (uint32_t i = 0; i < BRIDGES; i++) {
        list[i] = (struct dmar_bridge){{0, (uint16_t)(data[0] << 8 | data[1])}, data[2], data[3]};
        data += BRIDGE_BYTES;
        size -= BRIDGE_BYTES;
    }
    uint8_t *table = calloc(1, STRUCTURES + size);
    memcpy(table + STRUCTURES, data, size);
    const enum dmar_error error = dmar_read((struct bytes){table, STRUCTURES + size}, &dmar);
    free(table);
    if (error != DMAR_OK) {
        return 0;
    }
    PROMISE(dmar.unit_count <= DMAR_UNITS_MAX && dmar.rmrr_count <= DMAR_RMRRS_MAX);
    PROMISE(dmar.atsr_count <= DMAR_ATSRS_MAX && dmar.scope_count <= DMAR_SCOPES_MAX);
    for (uint32_t i = 0; i < dmar.unit_count; i++) {
        PROMISE(dmar.units[i].registers != 0 && dmar.units[i].registers % 4096 == 0);
        check_scopes(&dmar, dmar.units[i].scopes);
    }
    for (uint32_t i = 0; i < dmar.rmrr_count; i++) {
        PROMISE(dmar.rmrrs[i].base <= dmar.rmrrs[i].limit);
        check_scopes(&dmar, dmar.rmrrs[i].scopes);
    }
    for (uint32_t i = 0; i < dmar.scope_count; i++) {
        PROMISE(dmar.scopes[i].path_count >= 1 && dmar.scopes[i].path_count <= DMAR_PATH_MAX);
    }
    for (uint32_t id = 0; id < 0x10000; id += 0x101) {
        const struct dmar_source source = {0, (uint16_t)id};
        const uint32_t unit = dmar_unit_of(&dmar, bridges, source);
        PROMISE(unit == DMAR_NO_UNIT || (unit < dmar.unit_count && !dmar.units[unit].disputed));
        (void)dmar_has_rmrr(&dmar, bridges, source);
    }
    for (uint32_t id = 0; id < 256; id += 15) {
        uint32_t unit = 0;
        struct dmar_source source;
        PROMISE(!dmar_ioapic(&dmar, bridges, (uint8_t)id, &unit, &source) || unit < dmar.unit_count);
    }
    return 0;
}
