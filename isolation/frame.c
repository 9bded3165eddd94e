/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/frame.h"

#include "arch/x86_64/window.h"
#include "ept/ept_flush.h"
#include "iommu/iommu_flush.h"

uint64_t frame_limit;
hfn_t frame_batch[FRAME_BATCH_MAX];

static void frame_reset(hfn_t hfn)
{
    frames[hfn].owner = PARTITION_CORE;
    frames[hfn].state = FRAME_FREE;
    frames[hfn].borrower = PARTITION_CORE;
    frames[hfn].owner_slot = 0;
    frames[hfn].borrower_slot = 0;
    frames[hfn].owner_dma_slot = 0;
    frames[hfn].borrower_dma_slot = 0;
    frames[hfn].reserved = 0;
}

void frame_init(uint64_t limit)
{
    frame_limit = limit;
    for (uint64_t p = 0; p < limit; p++) {
        frame_reset(p);
    }
}

bool frame_is_owned(hfn_t hfn, uint32_t owner)
{
    return frames[hfn].state == FRAME_OWNED && frames[hfn].owner == owner;
}

void frame_map(uint32_t table, uint32_t slot, hfn_t hfn, uint64_t flags)
{
    if (frames[hfn].owner == table_tags[table].space / 2u) {
        frames[hfn].owner_slot = table * TABLE_SLOTS + slot + 1u;
    } else {
        frames[hfn].borrower_slot = table * TABLE_SLOTS + slot + 1u;
    }
    table_set(table, slot, hfn * FRAME_SIZE + flags);
}

void frame_unmap_owner(hfn_t hfn)
{
    uint32_t s = frames[hfn].owner_slot - 1u;

    table_set(s / TABLE_SLOTS, s % TABLE_SLOTS, 0);
    frames[hfn].owner_slot = 0;
}

void frame_unmap_borrower(hfn_t hfn)
{
    uint32_t s = frames[hfn].borrower_slot - 1u;

    table_set(s / TABLE_SLOTS, s % TABLE_SLOTS, 0);
    frames[hfn].borrower_slot = 0;
}

void frame_flush(uint32_t partition)
{
    ept_flush_cpus(partition);
    iommu_flush_partition(partition);
}

void frame_scrub(hfn_t hfn)
{
    window_scrub(hfn);
}

void frame_give(hfn_t hfn, uint32_t owner)
{
    frames[hfn].owner = owner;
}

void frame_lend(hfn_t hfn)
{
    frames[hfn].state = FRAME_SHARED;
    frames[hfn].borrower = PARTITION_MANAGER;
}

void frame_take_back(hfn_t hfn)
{
    frames[hfn].state = FRAME_OWNED;
    frames[hfn].borrower = PARTITION_CORE;
}

/* Grants count frames that one leaf table of the manager covers. */
static bool grant_run(hfn_t first, uint64_t count)
{
    uint32_t table = table_prepare(table_ept_space(PARTITION_MANAGER), first);

    /* Is there a table left? */
    if (table == TABLE_NONE) {
        return false;
    }
    for (uint64_t k = 0; k < count; k++) {
        hfn_t hfn = first + k;

        /* Is the frame nobody's yet? */
        if (frames[hfn].state != FRAME_FREE) {
            return false;
        }
        frames[hfn].owner = PARTITION_MANAGER;
        frames[hfn].state = FRAME_OWNED;
        frame_map(table, (uint32_t)(hfn % TABLE_SLOTS), hfn, EPT_LEAF_OWNED);
    }
    return true;
}

bool frame_grant(hfn_t first, uint64_t count)
{
    hfn_t end;

    /* Is it all RAM of the machine? */
    if (first > frame_limit || count > frame_limit - first) {
        return false;
    }
    end = first + count;
    while (first < end) {
        uint64_t run = TABLE_SLOTS - first % TABLE_SLOTS;

        if (run > end - first) {
            run = end - first;
        }
        if (!grant_run(first, run)) {
            return false;
        }
        first += run;
    }
    return true;
}
