/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/page.h"

#include "abi/status.h"
#include "isolation/frame.h"
#include "isolation/lock.h"
#include "isolation/partition.h"

enum page_state page_state(uint32_t slot, gfn_t gfn)
{
    if (gfn >= shared_bit_gfn) {
        return PAGE_ABSENT;
    }
    if (table_translate(table_ept_space(slot), gfn) != 0) {
        return PAGE_PRIVATE;
    }
    return table_translate(table_ept_space(slot), gfn + shared_bit_gfn) != 0 ? PAGE_SHARED : PAGE_ABSENT;
}

/* What the partition maps at `from` and is in state `state` goes into the batch, if it can go to `to`. */
static uint64_t batch_one(uint32_t slot, uint64_t k, gfn_t from, gfn_t to, uint32_t state)
{
    uint64_t entry = table_translate(table_ept_space(slot), from);
    hfn_t hfn = entry / FRAME_SIZE;

    frame_batch[k] = FRAME_NONE;
    /* Is there something to do? */
    if (entry == 0) {
        return STATUS_OK;
    }
    /* Is it what it should be, and its new place free, for the guest and for the manager? */
    if (frames[hfn].state != state || table_translate(table_ept_space(slot), to) != 0) {
        return STATUS_BAD_STATE;
    }
    if (state == FRAME_OWNED && (table_leaf(table_ept_space(PARTITION_MANAGER), hfn) == TABLE_NONE ||
                                 table_translate(table_ept_space(PARTITION_MANAGER), hfn) != 0)) {
        return STATUS_BAD_STATE;
    }
    /* Is there a table for it? */
    if (table_prepare(table_ept_space(slot), to) == TABLE_NONE) {
        return STATUS_NO_ROOM;
    }
    frame_batch[k] = hfn;
    return STATUS_OK;
}

static uint64_t batch_all(uint32_t slot, gfn_t from, gfn_t to, uint64_t count, uint32_t state)
{
    for (uint64_t k = 0; k < count; k++) {
        uint64_t status = batch_one(slot, k, from + k, to + k, state);

        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static void map_at(uint32_t partition, gfn_t gfn, hfn_t hfn, uint64_t flags)
{
    frame_map(table_leaf(table_ept_space(partition), gfn), (uint32_t)(gfn % TABLE_SLOTS), hfn, flags);
}

static void share_all(uint32_t slot, gfn_t gfn, uint64_t count)
{
    for (uint64_t k = 0; k < count; k++) {
        if (frame_batch[k] != FRAME_NONE) {
            frame_unmap_owner(frame_batch[k]);
        }
    }
    frame_flush(slot);
    for (uint64_t k = 0; k < count; k++) {
        if (frame_batch[k] != FRAME_NONE) {
            frame_scrub(frame_batch[k]);
            frame_lend(frame_batch[k]);
            map_at(slot, gfn + shared_bit_gfn + k, frame_batch[k], EPT_LEAF_SHARED);
            map_at(PARTITION_MANAGER, frame_batch[k], frame_batch[k], EPT_LEAF_SHARED);
        }
    }
}

static void unshare_all(uint32_t slot, gfn_t gfn, uint64_t count)
{
    for (uint64_t k = 0; k < count; k++) {
        if (frame_batch[k] != FRAME_NONE) {
            frame_unmap_owner(frame_batch[k]);
            frame_unmap_borrower(frame_batch[k]);
        }
    }
    frame_flush(slot);
    frame_flush(PARTITION_MANAGER);
    for (uint64_t k = 0; k < count; k++) {
        if (frame_batch[k] != FRAME_NONE) {
            frame_scrub(frame_batch[k]);
            frame_take_back(frame_batch[k]);
            map_at(slot, gfn + k, frame_batch[k], EPT_LEAF_OWNED);
        }
    }
}

static struct answer share_locked(uint32_t slot, gfn_t gfn, uint64_t count)
{
    uint64_t status = batch_all(slot, gfn, gfn + shared_bit_gfn, count, FRAME_OWNED);

    if (status != STATUS_OK) {
        return answer(status, 0);
    }
    /* All checks passed: nothing below can fail. */
    share_all(slot, gfn, count);
    return answer(STATUS_OK, count);
}

static struct answer unshare_locked(uint32_t slot, gfn_t gfn, uint64_t count)
{
    uint64_t status = batch_all(slot, gfn + shared_bit_gfn, gfn, count, FRAME_SHARED);

    if (status != STATUS_OK) {
        return answer(status, 0);
    }
    /* All checks passed: nothing below can fail. */
    unshare_all(slot, gfn, count);
    return answer(STATUS_OK, count);
}

/* Are these pages a guest can have? */
static bool range_is_good(gfn_t gfn, uint64_t count)
{
    return count != 0 && count <= FRAME_BATCH_MAX && gfn < shared_bit_gfn && count <= shared_bit_gfn - gfn;
}

struct answer page_share(uint32_t slot, uint64_t gfn, uint64_t count)
{
    struct answer a = {STATUS_BAD_STATE, 0};

    if (!range_is_good(gfn, count)) {
        return answer(STATUS_INVALID, 0);
    }
    lock_acquire();
    if (partitions[slot].state == PARTITION_SEALED) {
        a = share_locked(slot, gfn, count);
    }
    lock_release();
    return a;
}

struct answer page_unshare(uint32_t slot, uint64_t gfn, uint64_t count)
{
    struct answer a = {STATUS_BAD_STATE, 0};

    if (!range_is_good(gfn, count)) {
        return answer(STATUS_INVALID, 0);
    }
    lock_acquire();
    if (partitions[slot].state == PARTITION_SEALED) {
        a = unshare_locked(slot, gfn, count);
    }
    lock_release();
    return a;
}
