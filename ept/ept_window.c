/* SPDX-License-Identifier: Apache-2.0 */
#include "ept/ept_window.h"

#include "arch/x86_64/paging.h"
#include "ept/table.h"

#define WINDOW_SLOT   511u /* of the second table */
#define WINDOW_TABLES (EPT_WINDOW_PAGES / TABLE_SLOTS)

struct ept_window_table {
    _Alignas(4096) uint64_t entry[TABLE_SLOTS];
};

static struct ept_window_table window_root;
static struct ept_window_table window_second;
static struct ept_window_table window_third;
_Alignas(4096) uint64_t ept_window_leaves[EPT_WINDOW_PAGES];
static bool is_open;

static uint64_t link_to(const void *table)
{
    return paging_physical_of_image(table) + EPT_TABLE;
}

bool ept_window_open(void)
{
    const uint32_t root = table_roots[table_ept_space(PARTITION_MANAGER)];
    const uint64_t link = tables[root].entry[0];
    const uint64_t second = link / FRAME_SIZE - tables_hfn;

    /* Is there anything else where the window would be? */
    if (link == 0 || tables[second].entry[WINDOW_SLOT] != 0) {
        return false;
    }
    /* After boot these two tables of the manager stay as they are: every frame that may be the manager's has its tables. */
    for (uint32_t i = 0; i < TABLE_SLOTS; i++) {
        window_root.entry[i] = tables[root].entry[i];
        window_second.entry[i] = tables[second].entry[i];
    }
    for (uint32_t i = 0; i < WINDOW_TABLES; i++) {
        window_third.entry[i] = link_to(&ept_window_leaves[(uint64_t)i * TABLE_SLOTS]);
    }
    window_second.entry[WINDOW_SLOT] = link_to(&window_third);
    window_root.entry[0] = link_to(&window_second);
    is_open = true;
    return true;
}

bool ept_window_is_open(void)
{
    return is_open;
}

void ept_window_set(uint32_t page, uint64_t leaf)
{
    __atomic_store_n(&ept_window_leaves[page], leaf, __ATOMIC_RELEASE);
}

hfn_t ept_window_root(uint32_t partition)
{
    return partition == PARTITION_MANAGER && is_open
               ? frame_of_address(paging_physical_of_image(&window_root))
               : tables_hfn + table_roots[table_ept_space(partition)];
}
