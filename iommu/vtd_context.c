/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/vtd_context.h"

#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "iommu/vtd.h"
#include "iommu/vtd_domain.h"
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

/* The partition that an entry in use names. */
static uint32_t partition_in(const struct vtd_entry *entry)
{
    return (uint32_t)(entry->high / VTD_CONTEXT_DOMAIN % PARTITIONS_MAX);
}

bool vtd_context_attach(uint32_t unit, uint16_t source, uint32_t partition)
{
    uint32_t c;
    uint64_t start;

    /* Is there such a unit? */
    if (unit >= VTD_UNITS_MAX || !vtd_units[unit].driven) {
        return false;
    }
    /* Is the source free? */
    c = context_find(unit, source / SOURCES);
    if (c != CONTEXT_NONE && vtd_contexts[c].entry[source % SOURCES].low != 0) {
        return false;
    }
    /* Are there tables for it to walk, and is there room for its bus? */
    start = vtd_domain_join(partition, vtd_units[unit].levels);
    if (start == 0) {
        return false;
    }
    c = c != CONTEXT_NONE ? c : context_make(unit, source / SOURCES);
    if (c == CONTEXT_NONE) {
        vtd_domain_leave(partition);
        return false;
    }
    /* All checks passed: nothing below can fail. */
    struct vtd_entry *entry = &vtd_contexts[c].entry[source % SOURCES];
    entry->high = partition * VTD_CONTEXT_DOMAIN +
                  (vtd_units[unit].levels == 4u ? VTD_CONTEXT_AW_48 : VTD_CONTEXT_AW_39);
    __atomic_store_n(&entry->low, start + VTD_PRESENT, __ATOMIC_RELEASE);
    vtd_written(&vtd_units[unit], entry, sizeof(*entry));
    /* A unit in caching mode holds absent entries too. */
    vtd_invalidate_all(unit);
    return true;
}

void vtd_context_detach(uint32_t unit, uint16_t source)
{
    const uint32_t c = context_find(unit, source / SOURCES);
    uint32_t partition;

    if (c == CONTEXT_NONE || vtd_contexts[c].entry[source % SOURCES].low == 0) {
        return;
    }
    struct vtd_entry *entry = &vtd_contexts[c].entry[source % SOURCES];
    partition = partition_in(entry);
    __atomic_store_n(&entry->low, 0, __ATOMIC_RELEASE);
    entry->high = 0;
    vtd_written(&vtd_units[unit], entry, sizeof(*entry));
    vtd_invalidate_all(unit);
    vtd_domain_leave(partition);
}
