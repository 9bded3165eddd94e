/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/frame_reclaim.h"

#include "abi/audit.h"
#include "abi/status.h"
#include "ept/table.h"
#include "isolation/audit.h"
#include "isolation/partition.h"
#include "isolation/sweep.h"
#include "isolation/trusted.h"
#include "isolation/vcpu.h"

/*@ // A step of the sweep of partition `slot` brings the cursor to `to`.
    logic integer cursor_at{L}(integer slot) = \at(partitions[slot].cursor,L) % TABLE_SLOTS;
    predicate steps{L}(integer slot, integer to) =
      stops{L}(slot, \at(table_slices[slot].first,L) + \at(partitions[slot].cursor,L) / TABLE_SLOTS, cursor_at{L}(slot),
        to - \at(partitions[slot].cursor,L) + cursor_at{L}(slot));
    logic integer sweep_end{L}(integer slot) = \at(table_slices[slot].used,L) * TABLE_SLOTS;
    // What is asked, in that order.
    predicate ending{L}(integer id) = known{L}(id) && \at(partitions[id % PARTITIONS_MAX].state,L) == PARTITION_DESTROYING;
    predicate vcpus_left{L}(integer v) = \exists integer s; in_run{L}(v, s) && \at(vcpus[s].state,L) != VCPU_GONE;
    predicate reclaim_answered{L}(integer r, integer id) = (!known{L}(id) ==> r == STATUS_AT(STATUS_INVALID, OPERAND_RDI)) &&
      (known{L}(id) ==> !ending{L}(id) ==> r == STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI)) &&
      (ending{L}(id) ==> vcpus_left{L}(id % PARTITIONS_MAX) ==> r == STATUS_AT(STATUS_BUSY, OPERAND_RDI)) &&
      (ending{L}(id) ==> !vcpus_left{L}(id % PARTITIONS_MAX) ==> \exists integer to; steps{L}(id % PARTITIONS_MAX, to) &&
        r == (to == sweep_end{L}(id % PARTITIONS_MAX) ? STATUS_OK : STATUS_RETRY));
*/

/* One step of the sweep's frames: the table the cursor is in, from slot `at` on.  The first slot of it not passed. */
/*@ requires inner_inv && is_guest(slot) && has_root(2 * slot) && at < TABLE_SLOTS && in_slice(slot, table) && table < TABLES_MAX;
    requires before: swept(slot, table * 512 + at);
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            cpu_stale[0 .. FRAMES_MAX - 1], residue[0 .. FRAMES_MAX - 1];
    ensures inv: inner_inv;
    ensures progress: at < \result <= TABLE_SLOTS;
    ensures exact: stops{Pre}(slot, table, at, \result);
    ensures frames: only_freed{Pre,Post}(slot);
    ensures after: swept(slot, table * 512 + \result);
    ensures walks: walks_of_others{Pre,Post}(slot);
*/
static uint32_t sweep_step(uint32_t slot, uint32_t table, uint32_t at)
{
    uint32_t next = sweep_table(slot, table, at);

    //@ assert kept: swept(slot, table * 512 + at);
    //@ assert none: \forall integer p; is_frame(p) ==> frames[p].state != FRAME_FREE ==> frames[p].owner == slot ==> !(slot_t(frames[p].owner_slot) == table && at <= slot_i(frames[p].owner_slot) < next);
    //@ assert where: \forall integer s; s > table * 512 + at ==> !(slot_t(s) == table && at <= slot_i(s) < next) ==> s > table * 512 + next;
    return next;
}

/* So far the sweep has come. */
/*@ requires life_inv && is_guest(slot);
    assigns partitions[slot].cursor;
    ensures inv: life_inv;
    ensures there: partitions[slot].cursor == to;
*/
static void cursor_set(uint32_t slot, uint32_t to)
{
    partitions[slot].cursor = to;
    //@ assert same: \forall integer v; in_set(v) ==> (free(v) <==> free{Pre}(v)) && partitions[v].generation == \at(partitions[v].generation,Pre) && run_first(v) == run_first{Pre}(v) && run_size(v) == run_size{Pre}(v) && made(v) == made{Pre}(v) && partitions[v].state == \at(partitions[v].state,Pre);
    //@ assert lives: lives_inv;
    //@ assert made: made_inv;
}

/* One step of the sweep: within the table the cursor is in.  True: it has passed the end. */
/*@ requires inner_inv && is_guest(slot) && has_root(2 * slot);
    requires cursor: partitions[slot].cursor < table_slices[slot].used * 512;
    requires before: swept(slot, swept_to(slot));
    requires lives: life_inv;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            cpu_stale[0 .. FRAMES_MAX - 1], residue[0 .. FRAMES_MAX - 1], partitions[slot].cursor;
    ensures inv: inner_inv;
    ensures frames: only_freed{Pre,Post}(slot);
    ensures progress: \old(partitions[slot].cursor) < partitions[slot].cursor <= \old(partitions[slot].cursor) + 512;
    ensures exact: steps{Pre}(slot, partitions[slot].cursor);
    ensures after: swept(slot, swept_to(slot));
    ensures more: !\result ==> partitions[slot].cursor < table_slices[slot].used * 512;
    ensures end: \result ==> partitions[slot].cursor == table_slices[slot].used * 512;
    ensures walks: walks_of_others{Pre,Post}(slot);
    ensures life: life_inv;
*/
static bool sweep(uint32_t slot)
{
    uint32_t cursor = partitions[slot].cursor;
    uint32_t at = cursor % TABLE_SLOTS;

    //@ assert slice: slice_wf(slot);
    cursor_set(slot, cursor - at + sweep_step(slot, table_slices[slot].first + cursor / TABLE_SLOTS, at));
    return partitions[slot].cursor / TABLE_SLOTS == table_slices[slot].used;
}

/* The tables of a guest that owns nothing go back to the pool. */
/*@ requires inner_inv && is_guest(slot);
    requires domain: seen_by_none(slot);
    requires empty: \forall integer p; is_frame(p) ==> frames[p].state != FRAME_FREE ==> frames[p].owner != slot;
    assigns table_roots[2 * slot], table_roots[2 * slot + 1], table_slices[slot];
    ensures inv: inner_inv;
    ensures none: table_slices[slot].count == 0 && table_roots[2 * slot] == TABLE_NONE && table_roots[2 * slot + 1] == TABLE_NONE;
    ensures walks: walks_of_others{Pre,Post}(slot);
*/
static void tables_close(uint32_t slot)
{
    table_slice_close(slot);
    //@ assert left: \forall integer u; is_tab(u, 0) ==> is_tab{Pre}(u, 0) && part(table_tags[u].space) != slot;
    //@ assert forward: forward_inv;
    //@ assert left_1: \forall integer u; is_tab(u, 1) ==> is_tab{Pre}(u, 1) && part(table_tags[u].space) != slot;
    //@ assert large: large_inv;
    //@ assert stays: \forall integer u; is_tab{Pre}(u, 0) ==> part(table_tags[u].space) != slot ==> is_tab(u, 0);
    //@ assert stays_1: \forall integer u; is_tab{Pre}(u, 1) ==> part(table_tags[u].space) != slot ==> is_tab(u, 1);
    //@ assert backward: backward_inv;
    //@ assert home: home_inv;
}

/*@ predicate swept_others{L}(integer slot) = \forall integer v; is_guest(v) ==> v != slot ==>
      \at(partitions[v].state,L) == PARTITION_DESTROYING ==>
      \at(partitions[v].cursor,L) < \at(table_slices[v].used,L) * 512 && swept{L}(v, swept_to{L}(v));
*/
/* The guest's id is nobody's any more, and comes back to nobody. */
/*@ requires all_inv && life_inv && idle_inv && swept_others(slot);
    requires is_guest(slot) && partitions[slot].state == PARTITION_DESTROYING;
    requires domain: seen_by_none(slot);
    requires empty: \forall integer p; is_frame(p) ==> frames[p].state != FRAME_FREE ==> frames[p].owner != slot;
    requires gone: all_gone(slot);
    assigns table_roots[2 * slot], table_roots[2 * slot + 1], table_slices[slot], vcpus[0 .. VCPUS_MAX - 1], partitions[slot];
    ensures inv: core_inv;
    ensures freed: free(slot);
    ensures never_again: partitions[slot].generation == \old(partitions[slot].generation) + 1;
    ensures walks: walks_of_others{Pre,Post}(slot);
*/
static void slot_end(uint32_t slot)
{
    tables_close(slot);
    vcpu_free_all(slot);
    partition_free(slot);
    //@ assert others: same_parts_but{Pre,Here}(slot) && same_slices_but{Pre,Here}(slot);
    //@ assert roots: \forall integer v; is_partition(v) ==> v != slot ==> table_roots[2 * v] == \at(table_roots[2 * v],Pre) && table_roots[2 * v + 1] == \at(table_roots[2 * v + 1],Pre);
    //@ assert parts: parts_inv;
    //@ assert idle: idle_inv;
    //@ assert swept: swept_inv;
}

/* A step of the sweep of partition `slot`; true: it was the last, and the partition is no more. */
/*@ requires domain: seen_by_none(slot);
    requires core_inv && is_guest(slot) && partitions[slot].state == PARTITION_DESTROYING && all_gone(slot);
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            cpu_stale[0 .. FRAMES_MAX - 1], residue[0 .. FRAMES_MAX - 1], partitions[slot], table_roots[2 * slot],
            table_roots[2 * slot + 1], table_slices[slot], vcpus[0 .. VCPUS_MAX - 1];
    ensures inv: core_inv;
    ensures frames: only_freed{Pre,Post}(slot);
    ensures exact: \exists integer to; steps{Pre}(slot, to) && (\result <==> to == sweep_end{Pre}(slot));
    ensures more: !\result ==> partitions[slot].state == PARTITION_DESTROYING && partitions[slot].cursor > \old(partitions[slot].cursor);
    ensures done: \result ==> free(slot) && partitions[slot].generation == \old(partitions[slot].generation) + 1 &&
      \forall integer p; is_frame(p) ==> frames[p].state != FRAME_FREE ==> frames[p].owner != slot;
    ensures walks: walks_of_others{Pre,Post}(slot);
*/
static bool advance(uint32_t slot)
{
    bool done;

    //@ assert rooted: part_ok(slot) && has_root(2 * slot);
    done = sweep(slot);
    //@ assert same: \forall integer v; in_set(v) ==> partitions[v] == {\at(partitions[v],Pre) \with .cursor = partitions[v].cursor};
    //@ assert others: same_parts_but{Pre,Here}(slot);
    //@ assert parts: parts_inv;
    //@ assert lives: lives_inv;
    //@ assert life: life_inv;
    //@ assert idle: idle_inv;
    //@ assert owners: \forall integer p, v; is_frame(p) ==> is_guest(v) ==> v != slot ==> frames[p].owner == v ==> frames[p] == \at(frames[p],Pre);
    //@ assert swept: swept_others(slot);
    if (!done) {
        return false;
    }
    //@ assert backs: \forall integer p; is_frame(p) ==> frames[p].state != FRAME_FREE ==> frames[p].owner == slot ==> back_wf(p) && frames[p].owner_slot != 0;
    //@ assert tabs: \forall integer p; is_frame(p) ==> frames[p].state != FRAME_FREE ==> frames[p].owner == slot ==> is_tab(slot_t(frames[p].owner_slot), 0) && table_tags[slot_t(frames[p].owner_slot)].space == 2 * slot;
    //@ assert inside: \forall integer p; is_frame(p) ==> frames[p].state != FRAME_FREE ==> frames[p].owner == slot ==> in_slice(slot, slot_t(frames[p].owner_slot));
    //@ assert empty: \forall integer p; is_frame(p) ==> frames[p].state != FRAME_FREE ==> frames[p].owner != slot;
    slot_end(slot);
    return true;
}

/*@ requires core_inv;
    requires domain: devices_gone(id);
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            cpu_stale[0 .. FRAMES_MAX - 1], residue[0 .. FRAMES_MAX - 1], partitions[0 .. PARTITIONS_MAX - 1],
            table_roots[0 .. SPACES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], vcpus[0 .. VCPUS_MAX - 1],
            audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: core_inv;
    ensures frames: only_freed{Pre,Post}(id % PARTITIONS_MAX);
    ensures others: same_parts_but{Pre,Post}(id % PARTITIONS_MAX);
    ensures exact: reclaim_answered{Pre}(\result, id);
    ensures refused: \result != STATUS_OK && \result != STATUS_RETRY ==> same_frames_out{Pre,Post}(0, 0) &&
      same_parts_but{Pre,Post}(PARTITION_NONE);
    ensures only_if: \result == STATUS_OK || \result == STATUS_RETRY ==> is_guest(id % PARTITIONS_MAX) &&
      id == \old(id_of(id % PARTITIONS_MAX)) && \old(partitions[id % PARTITIONS_MAX].state) == PARTITION_DESTROYING;
    ensures progress: \result == STATUS_RETRY ==> partitions[id % PARTITIONS_MAX].cursor > \old(partitions[id % PARTITIONS_MAX].cursor);
    ensures done: \result == STATUS_OK ==> free(id % PARTITIONS_MAX) && id_of(id % PARTITIONS_MAX) == id + PARTITIONS_MAX &&
      \forall integer p; is_frame(p) ==> frames[p].state != FRAME_FREE ==> frames[p].owner != id % PARTITIONS_MAX;
    ensures walks: walks_of_others{Pre,Post}(id % PARTITIONS_MAX);
*/
static uint64_t reclaim_locked(uint64_t id)
{
    uint32_t slot = partition_find(id);

    /* Is there such a partition, in destruction, and are its vCPUs gone? */
    if (slot == PARTITION_NONE) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    }
    if (partitions[slot].state != PARTITION_DESTROYING) {
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI);
    }
    if (vcpu_any_left(slot)) {
        return STATUS_AT(STATUS_BUSY, OPERAND_RDI);
    }
    /* All checks passed: nothing below can fail. */
    if (!advance(slot)) {
        return STATUS_RETRY;
    }
    audit_record(AUDIT_PARTITION_FREED, id, 0, 0);
    return STATUS_OK;
}

uint64_t frame_reclaim(uint64_t id)
{
    return reclaim_locked(id);
}
