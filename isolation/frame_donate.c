/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/frame_donate.h"

#include "abi/status.h"
#include "isolation/frame.h"
#include "isolation/lock.h"
#include "isolation/partition.h"

/* Are the frames all the manager's own, and mapped for it alone? */
static bool all_owned(hfn_t hfn, uint64_t count)
{
    for (uint64_t k = 0; k < count; k++) {
        if (!frame_is_owned(hfn + k, PARTITION_MANAGER) || frames[hfn + k].owner_slot == 0) {
            return false;
        }
    }
    return true;
}

/* Are the guest frames all free to map? */
static bool all_absent(uint32_t space, gfn_t gfn, uint64_t count)
{
    for (uint64_t k = 0; k < count; k++) {
        if (table_translate(space, gfn + k) != 0) {
            return false;
        }
    }
    return true;
}

/* Nothing below can fail: the frames leave the manager ... */
static void take_all(hfn_t hfn, uint64_t count)
{
    for (uint64_t k = 0; k < count; k++) {
        frame_unmap_owner(hfn + k);
    }
    frame_flush(PARTITION_MANAGER);
}

/* ... and come to the guest, whose leaf tables are `low`, and `high` where a table ends in between. */
static void give_all(uint32_t slot, gfn_t gfn, hfn_t hfn, uint64_t count, bool keep)
{
    uint32_t low = table_leaf(table_ept_space(slot), gfn);
    uint32_t high = table_leaf(table_ept_space(slot), gfn + count - 1u);

    for (uint64_t k = 0; k < count; k++) {
        uint32_t table = (gfn + k) / TABLE_SLOTS == gfn / TABLE_SLOTS ? low : high;

        if (!keep) {
            frame_scrub(hfn + k);
        }
        frame_give(hfn + k, slot);
        frame_map(table, (uint32_t)((gfn + k) % TABLE_SLOTS), hfn + k, EPT_LEAF_OWNED);
    }
}

static uint64_t donate_locked(uint64_t id, gfn_t gfn, hfn_t hfn, uint64_t count, bool keep)
{
    uint32_t slot = partition_find(id);

    /* Is there such a partition, and is it being filled? */
    if (slot == PARTITION_NONE) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    }
    if (partitions[slot].state != PARTITION_LIVE) {
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI);
    }
    /* Are the guest frames private ones, and the frames RAM? */
    if (gfn >= shared_bit_gfn || count > shared_bit_gfn - gfn) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RSI);
    }
    if (hfn >= frame_limit || count > frame_limit - hfn) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDX);
    }
    /* May the partition have so many more? */
    if (count > partitions[slot].frames_left) {
        return STATUS_AT(STATUS_NO_ROOM, OPERAND_R10);
    }
    if (!all_owned(hfn, count)) {
        return STATUS_AT(STATUS_NOT_OWNER, OPERAND_RDX);
    }
    if (!all_absent(table_ept_space(slot), gfn, count)) {
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RSI);
    }
    /* Are there tables for them?  What is made of them stays, in the partition's own slice. */
    if (table_prepare(table_ept_space(slot), gfn) == TABLE_NONE ||
        table_prepare(table_ept_space(slot), gfn + count - 1u) == TABLE_NONE) {
        return STATUS_AT(STATUS_NO_ROOM, OPERAND_RDI);
    }
    /* All checks passed: nothing below can fail. */
    take_all(hfn, count);
    give_all(slot, gfn, hfn, count, keep);
    partitions[slot].frames_left -= count;
    return STATUS_OK;
}

uint64_t frame_donate(uint64_t id, uint64_t gfn, uint64_t hfn, uint64_t count, uint64_t flags)
{
    uint64_t status;

    /* Does it ask for what there is? */
    if (flags > DONATE_KEEP) {
        return STATUS_AT(STATUS_INVALID, OPERAND_R8);
    }
    if (count == 0 || count > FRAME_BATCH_MAX) {
        return STATUS_AT(STATUS_INVALID, OPERAND_R10);
    }
    lock_acquire();
    status = donate_locked(id, gfn, hfn, count, flags == DONATE_KEEP);
    lock_release();
    return status;
}
