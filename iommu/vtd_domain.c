/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/vtd_domain.h"

#include "arch/x86_64/paging.h"
#include "ept/table.h"
#include "iommu/vtd.h"
#include "iommu/vtd_links.h"

#define DOMAIN_NONE    VTD_DOMAINS_MAX
#define ENTRY_ADDRESS  (FRAME_SIZE - 1u)
#define LEVELS_OF_ROOT 4u

struct vtd_domain {
    uint32_t partition; /* PARTITION_CORE: not in use */
    uint32_t sources;   /* context entries that name it */
};

static struct vtd_domain vtd_domains[VTD_DOMAINS_MAX];
/* Of guests: one entry, to vtd_links[]. */
static struct vtd_links vtd_domain_roots[VTD_DOMAINS_MAX] __attribute__((aligned(4096)));
static gfn_t vtd_shared_bit;

void vtd_domain_init(gfn_t shared_bit)
{
    vtd_shared_bit = shared_bit;
}

static uint32_t domain_of(uint32_t partition)
{
    for (uint32_t d = 0; d < VTD_DOMAINS_MAX; d++) {
        if (vtd_domains[d].partition == partition) {
            return d;
        }
    }
    return DOMAIN_NONE;
}

static uint64_t address_in(uint64_t entry)
{
    return entry & ~(uint64_t)ENTRY_ADDRESS;
}

/* The link in slot `slot` of the root of the partition's EPT, or 0. */
static uint64_t root_link(uint32_t partition, uint64_t slot)
{
    const uint32_t root = table_roots[table_ept_space(partition)];

    return root == TABLE_NONE ? 0 : tables[root].entry[slot];
}

static void root_set(uint32_t d, uint64_t entry)
{
    __atomic_store_n(&vtd_domain_roots[d].entry[0], entry, __ATOMIC_RELEASE);
    vtd_written_to_all(&vtd_domain_roots[d].entry[0], sizeof(entry));
}

void vtd_domain_follow(uint32_t partition)
{
    const uint32_t d = domain_of(partition);

    if (d != DOMAIN_NONE && partition != PARTITION_MANAGER) {
        vtd_links_follow(d, partition, vtd_shared_bit);
    }
}

static uint64_t start_of_guest(uint32_t d, uint32_t levels)
{
    const uint64_t second = paging_physical_of_image(&vtd_links[d]);

    vtd_links_follow(d, vtd_domains[d].partition, vtd_shared_bit);
    root_set(d, second + EPT_TABLE);
    return levels == LEVELS_OF_ROOT ? paging_physical_of_image(&vtd_domain_roots[d]) : second;
}

static uint64_t start_of_manager(uint32_t levels)
{
    return levels == LEVELS_OF_ROOT
               ? (tables_hfn + table_roots[table_ept_space(PARTITION_MANAGER)]) * FRAME_SIZE
               : address_in(root_link(PARTITION_MANAGER, 0));
}

uint64_t vtd_domain_join(uint32_t partition, uint32_t levels)
{
    uint32_t d;
    uint64_t start;

    /* Is there an EPT to walk? */
    if (partition == PARTITION_CORE || partition >= PARTITIONS_MAX ||
        table_roots[table_ept_space(partition)] == TABLE_NONE) {
        return 0;
    }
    /* Is there room for one domain more? */
    d = domain_of(partition);
    d = d != DOMAIN_NONE ? d : domain_of(PARTITION_CORE);
    if (d == DOMAIN_NONE) {
        return 0;
    }
    vtd_domains[d].partition = partition;
    start = partition == PARTITION_MANAGER ? start_of_manager(levels) : start_of_guest(d, levels);
    vtd_domains[d].sources += start != 0 ? 1 : 0;
    if (vtd_domains[d].sources == 0) {
        vtd_domains[d].partition = PARTITION_CORE;
    }
    return start;
}

void vtd_domain_leave(uint32_t partition)
{
    const uint32_t d = domain_of(partition);

    vtd_domains[d].sources--;
    if (vtd_domains[d].sources == 0) {
        vtd_domains[d].partition = PARTITION_CORE;
        root_set(d, 0);
        vtd_links_clear(d);
    }
}

bool vtd_domain_exists(uint32_t partition)
{
    return partition != PARTITION_CORE && domain_of(partition) != DOMAIN_NONE;
}

bool vtd_domain_any(void)
{
    uint32_t used = 0;

    for (uint32_t d = 0; d < VTD_DOMAINS_MAX; d++) {
        used += vtd_domains[d].sources;
    }
    return used != 0;
}
