/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/isolation.h"

#include "ept/ept_flush.h"
#include "isolation/frame.h"
#include "isolation/partition_create.h"
#include "isolation/trusted.h"
#include "isolation/vcpu.h"

/* Tables for guests beyond what their RAM needs: some for each guest, so that there can be many small ones. */
#define TABLES_SPARE 1024u

uint64_t isolation_tables_wanted(uint64_t limit, uint64_t ram)
{
    return partition_create_manager_tables(limit) + partition_create_guest_tables(ram) + ram / 64u +
           TABLES_SPARE;
}

bool isolation_init(uint64_t limit, uint64_t table_count, hfn_t first_table, gfn_t shared_bit, uint32_t cpus)
{
    /* Is the machine one that the arrays can describe? */
    if (limit == 0 || limit > FRAMES_MAX || table_count > TABLES_MAX ||
        first_table > GFN_LIMIT - TABLES_MAX) {
        return false;
    }
    if (shared_bit < FRAME_BATCH_MAX || shared_bit > GFN_LIMIT / 2u || cpus == 0 || cpus > CPUS_MAX) {
        return false;
    }
    ept_flush_init();
    table_init((uint32_t)table_count, first_table);
    frame_init(limit);
    vcpu_init();
    return partition_create_manager(limit, shared_bit, cpus);
}
