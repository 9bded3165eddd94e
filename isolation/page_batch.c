/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/page_batch.h"

#include "abi/status.h"
#include "ept/table.h"

/* What the partition maps at `from` and is in state `state` goes into the batch as page k, if it can go to `to`. */
/*@ requires sys_inv && is_guest(slot) && has_root(2 * slot) && k < FRAME_BATCH_MAX && from < GFN_LIMIT && to < GFN_LIMIT;
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], frame_batch[k];
    ensures inv: sys_inv;
    ensures slices: same_slices_but{Pre,Post}(slot);
    ensures tags: tags_kept{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures batched: \result == STATUS_OK ==> frame_batch[k] != FRAME_NONE ==> batch_frame(slot, frame_batch[k], state) && batch_room(slot, to);
    ensures exact: \result == page_fault{Pre}(slot, from, to, state, missing{Pre}(2 * slot, to), left{Pre}(slot));
    ensures nothing: walk{Pre}(2 * slot, from) == 0 ==> same_missing{Pre,Post}(2 * slot) && left(slot) == left{Pre}(slot);
    ensures provided: \result == STATUS_OK ==> walk{Pre}(2 * slot, from) != 0 ==> provided{Pre,Post}(2 * slot, to) &&
      left(slot) == left{Pre}(slot) - missing{Pre}(2 * slot, to);
*/
static uint64_t batch_one(uint32_t slot, uint64_t k, gfn_t from, gfn_t to, uint32_t state)
{
    uint32_t table = table_leaf(table_ept_space(slot), from);
    uint64_t entry = table == TABLE_NONE ? 0 : tables[table].entry[from % TABLE_SLOTS];
    hfn_t hfn = entry / FRAME_SIZE;

    //@ ghost frame_no_large(slot, from);
    //@ assert walk: walk(2 * slot, from) == entry;
    frame_batch[k] = FRAME_NONE;
    /* Is there something to do? */
    if (entry == 0) {
        return STATUS_OK;
    }
    //@ assert leaf: leaf_ok(entry, table, ix0(from));
    //@ assert mine: frame_wf(frames[hfn]) && frames[hfn].owner == slot;
    //@ assert here: walk(2 * slot, from) == entry && table_tags[table].base * 512 + ix0(from) == from;
    //@ assert half: half_ok(entry % 4096, slot, from);
    //@ assert state: frames[hfn].state == half_state(from);
    /* Is it what it should be, and its new place free? */
    if (frames[hfn].state != state || table_translate(table_ept_space(slot), to) != 0) {
        return STATUS_BAD_STATE;
    }
    /* Is there a table for it? */
    if (frame_prepare(slot, to) == TABLE_NONE) {
        return STATUS_NO_ROOM;
    }
    frame_batch[k] = hfn;
    return STATUS_OK;
}

uint64_t page_batch_take(uint32_t slot, gfn_t from, gfn_t to, uint64_t count, uint32_t state)
{
    /*@ loop invariant 0 <= k <= count;
        loop invariant sys_inv;
        loop invariant slices: same_slices_but{Pre,Here}(slot);
        loop invariant tags: tags_kept{Pre,Here};
        loop invariant paths: paths_kept{Pre,Here};
        loop invariant walks: same_walks{Pre,Here};
        loop invariant batched: batched(slot, k, state);
        loop invariant roomy: roomy(slot, 0, k, to);
        loop invariant lacks: \forall integer g; 0 <= g < GFN_LIMIT ==> missing(2 * slot, g) == batch_lacks{Pre}(2 * slot, from, to, k, g);
        loop invariant takes: left(slot) == left{Pre}(slot) - batch_takes{Pre}(2 * slot, from, to, k);
        loop invariant passes: batch_passes{Pre}(slot, from, to, state, k);
        loop assigns k, tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1],
            frame_batch[0 .. FRAME_BATCH_MAX - 1];
        loop variant count - k; */
    for (uint64_t k = 0; k < count; k++) {
        uint64_t status = batch_one(slot, k, from + k, to + k, state);

        //@ assert roomy_yet: roomy(slot, 0, k, to);
        //@ assert here: walk{Pre}(2 * slot, from + k) == walk{LoopCurrent}(2 * slot, from + k) && walk{Pre}(2 * slot, to + k) == walk{LoopCurrent}(2 * slot, to + k);
        //@ assert fault: status == batch_fault{Pre}(slot, from, to, state, k);
        if (status != STATUS_OK) {
            return status;
        }
        //@ assert roomy_new: \forall integer j; k <= j < k + 1 ==> frame_batch[j] != FRAME_NONE ==> batch_room(slot, to + j);
        //@ assert roomy_next: roomy(slot, 0, k + 1, to);
    }
    return STATUS_OK;
}

/* Unmapped for its owner; or for its borrower. */
/*@ requires sys_inv && is_frame(hfn) && is_guest(frames[hfn].owner);
    assigns frames[hfn], tables[0 .. TABLES_MAX - 1], cpu_stale[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures entry: frames[hfn] == {\old(frames[hfn]) \with .owner_slot = (uint32_t)0};
    ensures paths: same_paths{Pre,Post};
    ensures fewer: fewer_walks{Pre,Post};
    ensures walks: \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==> a != 2 * frames[hfn].owner ==> walk(a, g) == walk{Pre}(a, g);
*/
static void drop_owner(hfn_t hfn)
{
    //@ assert own: back_wf(hfn) && apart_slot(hfn);
    if (frames[hfn].owner_slot != 0) {
        frame_unmap_owner(hfn);
    }
}

/*@ requires sys_inv && is_frame(hfn) && is_guest(frames[hfn].owner);
    assigns frames[hfn], tables[0 .. TABLES_MAX - 1], cpu_stale[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures entry: frames[hfn] == {\old(frames[hfn]) \with .borrower_slot = (uint32_t)0};
    ensures paths: same_paths{Pre,Post};
    ensures fewer: fewer_walks{Pre,Post};
    ensures walks: same_walks_but{Pre,Post}(2 * PARTITION_MANAGER, hfn);
*/
static void drop_borrower(hfn_t hfn)
{
    if (frames[hfn].borrower_slot != 0) {
        frame_unmap_borrower(hfn);
    }
}

void page_batch_unmap(uint32_t slot, uint64_t count, uint32_t state)
{
    /*@ loop invariant 0 <= k <= count;
        loop invariant sys_inv;
        loop invariant batched: batched(slot, count, state);
        loop invariant frames: own_frames{Pre,Here}(slot);
        loop invariant unmapped: \forall integer j; 0 <= j < k ==> frame_batch[j] != FRAME_NONE ==> frames[frame_batch[j]].owner_slot == 0;
        loop invariant pending: pending(slot, 0, k, state);
        loop invariant paths: same_paths{Pre,Here};
        loop invariant fewer: fewer_walks{Pre,Here};
        loop invariant walks: own_walks{Pre,Here}(slot);
        loop assigns k, frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1];
        loop variant count - k; */
    for (uint64_t k = 0; k < count; k++) {
        hfn_t hfn = frame_batch[k];

        if (hfn != FRAME_NONE) {
            drop_owner(hfn);
        }
    }
}

void page_batch_unmap_borrowed(uint32_t slot, uint64_t count)
{
    /*@ loop invariant 0 <= k <= count;
        loop invariant sys_inv;
        loop invariant batched: batched(slot, count, FRAME_SHARED);
        loop invariant frames: own_frames{Pre,Here}(slot);
        loop invariant unmapped: \forall integer j; 0 <= j < count ==> frame_batch[j] != FRAME_NONE ==> frames[frame_batch[j]].owner_slot == 0;
        loop invariant unlent: \forall integer j; 0 <= j < k ==> frame_batch[j] != FRAME_NONE ==> frames[frame_batch[j]].borrower_slot == 0;
        loop invariant pending: pending(slot, 0, count, FRAME_SHARED);
        loop invariant paths: same_paths{Pre,Here};
        loop invariant fewer: fewer_walks{Pre,Here};
        loop invariant walks: own_walks{Pre,Here}(slot);
        loop assigns k, frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1];
        loop variant count - k; */
    for (uint64_t k = 0; k < count; k++) {
        hfn_t hfn = frame_batch[k];

        if (hfn != FRAME_NONE) {
            drop_borrower(hfn);
        }
    }
}
