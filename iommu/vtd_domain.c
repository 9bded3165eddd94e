/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/vtd_domain.h"

#include "arch/x86_64/paging.h"
#include "ept/table.h"
#include "iommu/vtd.h"

#define DOMAIN_NONE    VTD_DOMAINS_MAX
#define SECOND_FRAMES  0x40000u   /* what an entry of the second table translates: 1 GiB */
#define ROOT_FRAMES    0x8000000u /* of a root: 512 GiB */
#define ENTRY_ADDRESS  (FRAME_SIZE - 1u)
#define LEVELS_OF_ROOT 4u

struct vtd_domain {
    uint32_t partition; /* PARTITION_CORE: not in use */
    uint32_t sources;   /* context entries that name it */
};

/* A guest's: the root, which has one entry, and the table below. */
struct vtd_domain_table {
    _Alignas(4096) uint64_t entry[TABLE_SLOTS];
};
_Static_assert(sizeof(struct vtd_domain_table) == FRAME_SIZE, "a table is a frame");

static struct vtd_domain vtd_domains[VTD_DOMAINS_MAX];
static struct vtd_domain_table vtd_domain_roots[VTD_DOMAINS_MAX];
static struct vtd_domain_table vtd_domain_seconds[VTD_DOMAINS_MAX];
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

/* One store, which a unit may read at any time. */
static void store(uint64_t *at, uint64_t entry)
{
    if (*at != entry) {
        __atomic_store_n(at, entry, __ATOMIC_RELEASE);
        vtd_written_to_all(at, sizeof(*at));
    }
}

/* The guest's second table is the shared half of its EPT's: entry i here is entry first + i there. */
static void follow(uint32_t d)
{
    const uint64_t link = root_link(vtd_domains[d].partition, vtd_shared_bit / ROOT_FRAMES);
    const bool whole = vtd_shared_bit >= ROOT_FRAMES;
    const uint64_t first = whole ? 0 : vtd_shared_bit / SECOND_FRAMES;
    const uint64_t count = whole ? TABLE_SLOTS : first;

    if (link == 0) {
        return;
    }
    const uint64_t table = link / FRAME_SIZE - tables_hfn;
    for (uint64_t i = 0; i < count; i++) {
        store(&vtd_domain_seconds[d].entry[i], tables[table].entry[first + i]);
    }
}

void vtd_domain_follow(uint32_t partition)
{
    const uint32_t d = domain_of(partition);

    if (d != DOMAIN_NONE && partition != PARTITION_MANAGER) {
        follow(d);
    }
}

static void blank(struct vtd_domain_table *table)
{
    for (uint32_t i = 0; i < TABLE_SLOTS; i++) {
        store(&table->entry[i], 0);
    }
}

static uint64_t start_of_guest(uint32_t d, uint32_t levels)
{
    const uint64_t second = paging_physical_of_image(&vtd_domain_seconds[d]);

    follow(d);
    store(&vtd_domain_roots[d].entry[0], second + EPT_TABLE);
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
        blank(&vtd_domain_roots[d]);
        blank(&vtd_domain_seconds[d]);
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
