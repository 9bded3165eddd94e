/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/vtd_context.h"

#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "ept/table.h"
#include "iommu/vtd.h"
#include "iommu/vtd_entry.h"
#include "iommu/vtd_invalidate.h"
#include "iommu/vtd_reg.h"

#define CONTEXT_NONE VTD_CONTEXTS_MAX
#define SOURCES      256u /* on a bus */

static struct vtd_page vtd_roots[VTD_UNITS_MAX];
static struct vtd_page vtd_contexts[VTD_CONTEXTS_MAX];
/* What each context table is for: unit * 256 + bus.  The first context_used are in use, for ever. */
static uint32_t context_tags[VTD_CONTEXTS_MAX];
static uint32_t context_used;

void vtd_context_start(uint32_t unit)
{
    const struct vtd_unit *of = &vtd_units[unit];

    vtd_written(of, &vtd_roots[unit], sizeof(vtd_roots[unit]));
    mmio_write64(of->registers, VTD_RTADDR_REG, paging_physical_of_image(&vtd_roots[unit]));
    vtd_command_set(of, VTD_GLOBAL_SRTP);
}

/* The context table of the bus, or CONTEXT_NONE. */
static uint32_t context_find(uint32_t unit, uint32_t bus)
{
    for (uint32_t i = 0; i < context_used; i++) {
        if (context_tags[i] == unit * SOURCES + bus) {
            return i;
        }
    }
    return CONTEXT_NONE;
}

/* A new one, all absent, which the root table names. */
static uint32_t context_make(uint32_t unit, uint32_t bus)
{
    const struct vtd_unit *of = &vtd_units[unit];
    const uint32_t c = context_used;

    if (c == VTD_CONTEXTS_MAX) {
        return CONTEXT_NONE;
    }
    context_tags[c] = unit * SOURCES + bus;
    context_used = c + 1u;
    vtd_written(of, &vtd_contexts[c], sizeof(vtd_contexts[c]));
    vtd_roots[unit].entry[bus].low = paging_physical_of_image(&vtd_contexts[c]) + VTD_PRESENT;
    vtd_written(of, &vtd_roots[unit].entry[bus], sizeof(struct vtd_entry));
    return c;
}

/* The table where a unit of so many levels starts to walk the tree, or TABLE_NONE. */
static uint32_t walk_start(uint32_t levels, uint32_t partition)
{
    uint32_t root;

    if (partition == PARTITION_CORE || partition >= PARTITIONS_MAX) {
        return TABLE_NONE;
    }
    root = table_roots[2u * partition + 1u];
    if (root == TABLE_NONE || levels == TABLE_ROOT + 1u) {
        return root;
    }
    if (tables[root].entry[0] == 0) {
        return TABLE_NONE;
    }
    return (uint32_t)(tables[root].entry[0] / FRAME_SIZE - tables_hfn);
}

bool vtd_context_attach(uint32_t unit, uint16_t source, uint32_t partition)
{
    uint32_t c;
    uint32_t start;

    /* Is there such a unit, and a tree for it to walk? */
    if (unit >= VTD_UNITS_MAX || !vtd_units[unit].driven) {
        return false;
    }
    start = walk_start(vtd_units[unit].levels, partition);
    if (start == TABLE_NONE) {
        return false;
    }
    /* Is the source free, and is there room for its bus? */
    c = context_find(unit, source / SOURCES);
    if (c != CONTEXT_NONE && vtd_contexts[c].entry[source % SOURCES].low != 0) {
        return false;
    }
    c = c != CONTEXT_NONE ? c : context_make(unit, source / SOURCES);
    if (c == CONTEXT_NONE) {
        return false;
    }
    /* All checks passed: nothing below can fail. */
    struct vtd_entry *entry = &vtd_contexts[c].entry[source % SOURCES];
    entry->high = partition * VTD_CONTEXT_DOMAIN +
                  (vtd_units[unit].levels == 4u ? VTD_CONTEXT_AW_48 : VTD_CONTEXT_AW_39);
    __atomic_store_n(&entry->low, (tables_hfn + start) * FRAME_SIZE + VTD_PRESENT, __ATOMIC_RELEASE);
    vtd_written(&vtd_units[unit], entry, sizeof(*entry));
    /* A unit in caching mode holds absent entries too. */
    vtd_invalidate_all(unit);
    return true;
}

void vtd_context_detach(uint32_t unit, uint16_t source)
{
    const uint32_t c = context_find(unit, source / SOURCES);

    if (c == CONTEXT_NONE) {
        return;
    }
    struct vtd_entry *entry = &vtd_contexts[c].entry[source % SOURCES];
    __atomic_store_n(&entry->low, 0, __ATOMIC_RELEASE);
    entry->high = 0;
    vtd_written(&vtd_units[unit], entry, sizeof(*entry));
    vtd_invalidate_all(unit);
}
