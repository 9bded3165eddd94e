/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/frame_reclaim.h"

#include "abi/audit.h"
#include "abi/status.h"
#include "isolation/audit.h"
#include "isolation/frame.h"
#include "isolation/lock.h"
#include "isolation/partition.h"
#include "isolation/vcpu.h"

/* Unmaps what `hfn`, a guest's frame, is mapped by. */
static void unmap_all(hfn_t hfn)
{
    frame_unmap_owner(hfn);
    if (frames[hfn].borrower_slot != 0) {
        frame_unmap_borrower(hfn);
    }
}

/* Scrubs a frame that nobody can reach, and gives it to the manager at its own number. */
static void give_back(hfn_t hfn)
{
    uint32_t table = table_leaf(table_ept_space(PARTITION_MANAGER), hfn);

    frame_scrub(hfn);
    if (frames[hfn].state == FRAME_SHARED) {
        frame_take_back(hfn);
    }
    frame_give(hfn, PARTITION_MANAGER);
    frame_map(table, (uint32_t)(hfn % TABLE_SLOTS), hfn, EPT_LEAF_OWNED);
}

/* Unmaps from slot `at` of leaf table `table` on, into the batch; the first slot not passed. */
static uint32_t gather(uint32_t table, uint32_t at)
{
    uint32_t found = 0;
    uint32_t i;

    for (i = at; i < TABLE_SLOTS && found < FRAME_BATCH_MAX; i++) {
        if (tables[table].entry[i] != 0) {
            frame_batch[found] = tables[table].entry[i] / FRAME_SIZE;
            unmap_all(frame_batch[found]);
            found++;
        }
    }
    for (uint32_t k = found; k < FRAME_BATCH_MAX; k++) {
        frame_batch[k] = FRAME_NONE;
    }
    return i;
}

static uint32_t sweep_leaf_table(uint32_t slot, uint32_t table, uint32_t at)
{
    uint32_t next = gather(table, at);

    frame_flush(slot);
    frame_flush(PARTITION_MANAGER);
    for (uint32_t k = 0; k < FRAME_BATCH_MAX; k++) {
        if (frame_batch[k] != FRAME_NONE) {
            give_back(frame_batch[k]);
        }
    }
    return next;
}

/* One step of the sweep: within the table the cursor is in.  True: it has passed the end. */
static bool sweep(uint32_t slot)
{
    uint32_t cursor = partitions[slot].cursor;
    uint32_t table = table_slices[slot].first + cursor / TABLE_SLOTS;
    uint32_t next = TABLE_SLOTS;

    if (table_tags[table].level == 0) {
        next = sweep_leaf_table(slot, table, cursor % TABLE_SLOTS);
    }
    partitions[slot].cursor = cursor - cursor % TABLE_SLOTS + next;
    return partitions[slot].cursor / TABLE_SLOTS == table_slices[slot].used;
}

static uint64_t reclaim_locked(uint64_t id)
{
    uint32_t slot = partition_find(id);

    /* Is there such a partition, in destruction, and out of every CPU? */
    if (slot == PARTITION_NONE) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    }
    if (partitions[slot].state != PARTITION_DESTROYING) {
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI);
    }
    if (vcpu_any_running(slot)) {
        return STATUS_AT(STATUS_BUSY, OPERAND_RDI);
    }
    /* All checks passed: nothing below can fail. */
    if (!sweep(slot)) {
        return STATUS_RETRY;
    }
    table_slice_close(slot);
    vcpu_free_all(slot);
    partition_free(slot);
    audit_record(AUDIT_PARTITION_FREED, id, 0, 0);
    return STATUS_OK;
}

uint64_t frame_reclaim(uint64_t id)
{
    uint64_t status;

    lock_acquire();
    status = reclaim_locked(id);
    lock_release();
    return status;
}
