/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/frame_reclaim.h"

#include "abi/audit.h"
#include "abi/status.h"
#include "ept/table.h"
#include "isolation/audit.h"
#include "isolation/lock.h"
#include "isolation/partition.h"
#include "isolation/sweep.h"
#include "isolation/vcpu.h"

/* One step of the sweep: within the table the cursor is in.  True: it has passed the end. */
static bool sweep(uint32_t slot)
{
    uint32_t cursor = partitions[slot].cursor;
    uint32_t at = cursor % TABLE_SLOTS;

    partitions[slot].cursor =
        cursor - at + sweep_table(slot, table_slices[slot].first + cursor / TABLE_SLOTS, at);
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
