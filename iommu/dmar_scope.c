/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/dmar_scope.h"

#include <stddef.h>

enum { BUS = 256 }; /* source ids of one bus */

static bool same(struct dmar_source one, struct dmar_source other)
{
    return one.segment == other.segment && one.id == other.id;
}

static const struct dmar_bridge *find_bridge(struct dmar_bridges bridges, struct dmar_source source)
{
    for (uint32_t i = 0; i < bridges.count; i++) {
        if (same(bridges.bridges[i].source, source)) {
            return &bridges.bridges[i];
        }
    }
    return NULL;
}

/* Where the path of a scope ends.  False: a step on the way is no bridge, so nothing is there. */
static bool follow(const struct dmar_scope *scope, uint16_t segment, struct dmar_bridges bridges,
                   struct dmar_source *end)
{
    uint32_t bus = scope->start_bus;

    for (uint32_t i = 0; i < scope->path_count; i++) {
        *end = (struct dmar_source){segment, (uint16_t)(bus * BUS + scope->path[i])};
        if (i + 1u == scope->path_count) {
            return true;
        }
        const struct dmar_bridge *bridge = find_bridge(bridges, *end);
        if (bridge == NULL) {
            return false;
        }
        bus = bridge->secondary;
    }
    return false;
}

/* `top` and `source` are of one segment. */
static bool is_below(struct dmar_bridges bridges, struct dmar_source top, struct dmar_source source)
{
    const struct dmar_bridge *bridge = find_bridge(bridges, top);

    return bridge != NULL && source.id / BUS >= bridge->secondary && source.id / BUS <= bridge->subordinate;
}

static bool scope_holds(const struct dmar_scope *scope, uint16_t segment, struct dmar_bridges bridges,
                        struct dmar_source source)
{
    struct dmar_source end;

    if ((scope->type != DMAR_PCI_ENDPOINT && scope->type != DMAR_PCI_SUB_HIERARCHY) ||
        !follow(scope, segment, bridges, &end)) {
        return false;
    }
    return same(end, source) || (scope->type == DMAR_PCI_SUB_HIERARCHY && is_below(bridges, end, source));
}

static bool scopes_hold(const struct dmar *dmar, struct dmar_scopes scopes, uint16_t segment,
                        struct dmar_bridges bridges, struct dmar_source source)
{
    for (uint32_t i = scopes.first; i < scopes.first + scopes.count; i++) {
        if (scope_holds(&dmar->scopes[i], segment, bridges, source)) {
            return true;
        }
    }
    return false;
}

uint32_t dmar_unit_of(const struct dmar *dmar, struct dmar_bridges bridges, struct dmar_source source)
{
    uint32_t named = DMAR_NO_UNIT;
    uint32_t rest = DMAR_NO_UNIT;

    for (uint32_t i = 0; i < dmar->unit_count; i++) {
        const struct dmar_unit *unit = &dmar->units[i];
        if (unit->segment != source.segment) {
            continue;
        }
        if (scopes_hold(dmar, unit->scopes, unit->segment, bridges, source)) {
            /* Does another unit name it too? */
            if (named != DMAR_NO_UNIT) {
                return DMAR_NO_UNIT;
            }
            named = i;
        }
        rest = unit->include_all ? i : rest;
    }
    named = named != DMAR_NO_UNIT ? named : rest;
    /* Does the table contradict itself about that unit? */
    return named != DMAR_NO_UNIT && dmar->units[named].disputed ? DMAR_NO_UNIT : named;
}

bool dmar_has_rmrr(const struct dmar *dmar, struct dmar_bridges bridges, struct dmar_source source)
{
    for (uint32_t i = 0; i < dmar->rmrr_count; i++) {
        const struct dmar_rmrr *rmrr = &dmar->rmrrs[i];
        if (rmrr->segment == source.segment &&
            scopes_hold(dmar, rmrr->scopes, rmrr->segment, bridges, source)) {
            return true;
        }
    }
    return false;
}

bool dmar_ioapic(const struct dmar *dmar, struct dmar_bridges bridges, uint8_t apic_id, uint32_t *unit,
                 struct dmar_source *source)
{
    uint32_t found = 0;

    for (uint32_t u = 0; u < dmar->unit_count; u++) {
        const struct dmar_scopes scopes = dmar->units[u].scopes;
        for (uint32_t i = scopes.first; i < scopes.first + scopes.count; i++) {
            const struct dmar_scope *scope = &dmar->scopes[i];
            if (scope->type != DMAR_IOAPIC || scope->enumeration_id != apic_id) {
                continue;
            }
            found += follow(scope, dmar->units[u].segment, bridges, source) ? 1 : 2;
            *unit = u;
        }
    }
    return found == 1 && !dmar->units[*unit].disputed;
}
