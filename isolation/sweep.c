/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/sweep.h"

#include "isolation/frame.h"

/*@ // A frame of the guest that is mapped for nobody.
    predicate loose{L}(integer slot, integer p) = is_frame{L}(p) && \at(frames[p].owner,L) == slot &&
      \at(frames[p].state,L) != FRAME_FREE && \at(frames[p].owner_slot,L) == 0 && \at(frames[p].borrower_slot,L) == 0;
    predicate loosened{L1,L2}(integer slot) = \forall integer p; is_frame{L1}(p) ==>
      (\at(frames[p].owner,L1) != slot ==> \at(frames[p],L2) == \at(frames[p],L1)) &&
      \at(frames[p].owner,L2) == \at(frames[p].owner,L1) && \at(frames[p].state,L2) == \at(frames[p].state,L1) &&
      (\at(frames[p],L2) == \at(frames[p],L1) || \at(frames[p].owner_slot,L2) == 0);
    // What of the guest is not mapped is in the batch.
    predicate rest_mapped{L}(integer slot, integer first, integer n) = \forall integer p; is_frame{L}(p) ==>
      \at(frames[p].state,L) != FRAME_FREE ==> is_guest(\at(frames[p].owner,L)) ==> \at(frames[p].owner_slot,L) == 0 ==>
      loose{L}(slot, p) && \exists integer k; first <= k < n && \at(frame_batch[k],L) == p;
    predicate fewer_leaves{L1,L2} = \forall integer t, i; is_tab{L1}(t, 0) ==> ix(i) ==>
      \at(tables[t].entry[i],L2) == \at(tables[t].entry[i],L1) || \at(tables[t].entry[i],L2) == 0;
*/

/* Unmaps what a guest's frame is mapped by. */
/*@ requires sys_inv && is_frame(hfn) && frames[hfn].state != FRAME_FREE && is_guest(frames[hfn].owner) && frames[hfn].owner_slot != 0;
    assigns frames[hfn], tables[0 .. TABLES_MAX - 1], cpu_stale[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures entry: frames[hfn] == {\old(frames[hfn]) \with .owner_slot = (uint32_t)0, .borrower_slot = (uint32_t)0};
    ensures paths: same_paths{Pre,Post};
    ensures leaves: fewer_leaves{Pre,Post};
    ensures walks: walks_of_others{Pre,Post}(frames[hfn].owner);
    ensures gone: tables[slot_t(\old(frames[hfn].owner_slot))].entry[slot_i(\old(frames[hfn].owner_slot))] == 0;
    ensures rest: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> table_tags[t].space != 2 * PARTITION_MANAGER ==>
      slot_id(t, i) != \old(frames[hfn].owner_slot) ==> tables[t].entry[i] == \old(tables[t].entry[i]);
*/
static void unmap_all(hfn_t hfn)
{
    //@ assert wf: frame_wf(frames[hfn]) && back_wf(hfn) && apart_slot(hfn);
    frame_unmap_owner(hfn);
    if (frames[hfn].borrower_slot != 0) {
        frame_unmap_borrower(hfn);
    }
}

/* Scrubs a frame that nobody can reach, and gives it to the manager at its own number. */
/*@ requires sys_inv && is_guest(slot) && loose(slot, hfn) && path(2 * PARTITION_MANAGER, hfn) >= 0;
    requires flushed: unheld(hfn);
    assigns frames[hfn], tables[0 .. TABLES_MAX - 1], residue[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures given: frames[hfn].state == FRAME_OWNED && frames[hfn].owner == PARTITION_MANAGER && frames[hfn].owner_slot != 0;
    ensures paths: same_paths{Pre,Post};
    ensures leaves: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> table_tags[t].space == 2 * slot ==> tables[t].entry[i] == \old(tables[t].entry[i]);
    ensures walks: walks_of_others{Pre,Post}(slot);
*/
static void give_back(uint32_t slot, hfn_t hfn)
{
    frame_scrub(hfn);
    if (frames[hfn].state == FRAME_SHARED) {
        frame_take_back(hfn);
    }
    //@ assert own: frame_wf(frames[hfn]) && frames[hfn].state == FRAME_OWNED && unheld(hfn) && clean(hfn);
    frame_give(hfn, PARTITION_MANAGER);
    frame_place_home(hfn);
}

/* Unmaps the frames from slot `at` of leaf table `table` on, into the batch; the first slot not passed. */
/*@ requires inner_inv && is_guest(slot) && is_tab(table, 0) && table_tags[table].space == 2 * slot && at < TABLE_SLOTS;
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1];
    ensures inv: sys_inv;
    ensures paths: same_paths{Pre,Post};
    ensures progress: at < \result <= TABLE_SLOTS;
    ensures exact: stops{Pre}(slot, table, at, \result);
    ensures frames: loosened{Pre,Post}(slot);
    ensures batch: \forall integer k; 0 <= k < FRAME_BATCH_MAX ==> frame_batch[k] == FRAME_NONE || loose(slot, frame_batch[k]);
    ensures rest: rest_mapped(slot, 0, FRAME_BATCH_MAX);
    ensures empty: \forall integer i; at <= i < \result ==> tables[table].entry[i] == 0;
    ensures walks: walks_of_others{Pre,Post}(slot);
*/
static uint32_t gather(uint32_t slot, uint32_t table, uint32_t at)
{
    uint32_t found = 0;
    uint32_t i = at;

    /*@ loop invariant at <= i <= TABLE_SLOTS && 0 <= found <= FRAME_BATCH_MAX && found <= i - at;
        loop invariant sys_inv;
        loop invariant paths: same_paths{Pre,Here};
        loop invariant frames: loosened{Pre,Here}(slot);
        loop invariant walks: walks_of_others{Pre,Here}(slot);
        loop invariant batch: \forall integer k; 0 <= k < found ==> loose(slot, frame_batch[k]);
        loop invariant rest: rest_mapped(slot, 0, found);
        loop invariant empty: \forall integer j; at <= j < i ==> tables[table].entry[j] == 0;
        loop invariant ahead: \forall integer j; i <= j < TABLE_SLOTS ==> tables[table].entry[j] == \at(tables[table].entry[j],Pre);
        loop invariant count: found == leaves{Pre}(table, at, i);
        loop invariant fewer: \forall integer j; at <= j < i ==> leaves{Pre}(table, at, j) < FRAME_BATCH_MAX;
        loop assigns i, found, frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1];
        loop variant TABLE_SLOTS - i; */
    while (i < TABLE_SLOTS && found < FRAME_BATCH_MAX) {
        uint64_t entry = tables[table].entry[i];

        if (entry != 0) {
            //@ assert leaf: leaf_ok(entry, table, i);
            //@ assert mine: frame_wf(frames[ent_hfn(entry)]) && owns(slot, ent_hfn(entry)) && frames[ent_hfn(entry)].owner_slot == slot_id(table, i);
            frame_batch[found] = entry / FRAME_SIZE;
            unmap_all(frame_batch[found]);
            //@ assert loose: loose(slot, frame_batch[found]);
            //@ assert others: \forall integer p; is_frame(p) ==> p != frame_batch[found] ==> frames[p] == \at(frames[p],LoopCurrent);
            //@ assert batch: \forall integer k; 0 <= k < found ==> frame_batch[k] == \at(frame_batch[k],LoopCurrent);
            //@ assert before: rest_mapped{LoopCurrent}(slot, 0, found);
            //@ assert rest_o: \forall integer p; is_frame(p) ==> p != frame_batch[found] ==> frames[p].state != FRAME_FREE ==> is_guest(frames[p].owner) ==> frames[p].owner_slot == 0 ==> loose(slot, p) && \exists integer k; 0 <= k < found && \at(frame_batch[k],LoopCurrent) == p;
            //@ assert rest_n: \forall integer p; is_frame(p) ==> p != frame_batch[found] ==> frames[p].state != FRAME_FREE ==> is_guest(frames[p].owner) ==> frames[p].owner_slot == 0 ==> \exists integer k; 0 <= k < found + 1 && frame_batch[k] == p;
            //@ assert here: 0 <= found < found + 1 && frame_batch[found] == frame_batch[found];
            //@ assert rest_w: \forall integer p; p == frame_batch[found] ==> loose(slot, p) && \exists integer k; 0 <= k < found + 1 && frame_batch[k] == p;
            //@ assert rest: rest_mapped(slot, 0, found + 1);
            found++;
        }
        i++;
    }
    /*@ loop invariant found <= k <= FRAME_BATCH_MAX;
        loop invariant batch: \forall integer j; 0 <= j < found ==> loose(slot, frame_batch[j]);
        loop invariant none: \forall integer j; found <= j < k ==> frame_batch[j] == FRAME_NONE;
        loop invariant rest: rest_mapped(slot, 0, found);
        loop assigns k, frame_batch[0 .. FRAME_BATCH_MAX - 1];
        loop variant FRAME_BATCH_MAX - k; */
    for (uint32_t k = found; k < FRAME_BATCH_MAX; k++) {
        frame_batch[k] = FRAME_NONE;
    }
    return i;
}

/* Gives back the frames of the batch. */
/*@ requires sys_inv && home_inv && is_guest(slot);
    requires batch: \forall integer k; 0 <= k < FRAME_BATCH_MAX ==> frame_batch[k] == FRAME_NONE || loose(slot, frame_batch[k]);
    requires flushed: \forall integer k, v; 0 <= k < FRAME_BATCH_MAX ==> frame_batch[k] != FRAME_NONE ==> in_set(v) ==> !stale(v, frame_batch[k]);
    requires rest: rest_mapped(slot, 0, FRAME_BATCH_MAX);
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], residue[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv && home_inv && mapped_inv;
    ensures frames: only_freed{Pre,Post}(slot);
    ensures leaves: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> table_tags[t].space == 2 * slot ==> tables[t].entry[i] == \old(tables[t].entry[i]);
    ensures walks: walks_of_others{Pre,Post}(slot);
*/
static void give_back_all(uint32_t slot)
{
    /*@ loop invariant 0 <= k <= FRAME_BATCH_MAX;
        loop invariant sys_inv;
        loop invariant home: home_inv;
        loop invariant frames: only_freed{Pre,Here}(slot);
        loop invariant walks: walks_of_others{Pre,Here}(slot);
        loop invariant batch: \forall integer j; 0 <= j < FRAME_BATCH_MAX ==> frame_batch[j] == FRAME_NONE || (is_frame(frame_batch[j]) && (loose(slot, frame_batch[j]) || frames[frame_batch[j]].owner != slot));
        loop invariant rest: rest_mapped(slot, k, FRAME_BATCH_MAX);
        loop invariant leaves: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> table_tags[t].space == 2 * slot ==> tables[t].entry[i] == \at(tables[t].entry[i],Pre);
        loop assigns k, frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], residue[0 .. FRAMES_MAX - 1];
        loop variant FRAME_BATCH_MAX - k; */
    for (uint32_t k = 0; k < FRAME_BATCH_MAX; k++) {
        if (frame_batch[k] != FRAME_NONE && frames[frame_batch[k]].owner == slot) {
            //@ assert nobody: loose(slot, frame_batch[k]) && unheld(frame_batch[k]);
            give_back(slot, frame_batch[k]);
        }
    }
}

uint32_t sweep_table(uint32_t slot, uint32_t table, uint32_t at)
{
    uint32_t next;

    /* Are there frames below? */
    if (table_tags[table].level != 0 || table_tags[table].space != 2u * slot) {
        return TABLE_SLOTS;
    }
    next = gather(slot, table, at);
    frame_flush(slot);
    frame_flush(PARTITION_MANAGER);
    //@ assert who: \forall integer k, v; 0 <= k < FRAME_BATCH_MAX ==> frame_batch[k] != FRAME_NONE ==> in_set(v) ==> may_access(v, frame_batch[k]) ==> v == slot || v == PARTITION_MANAGER;
    //@ assert home: home_inv;
    give_back_all(slot);
    //@ assert kept: \forall integer p; is_frame(p) ==> frames[p].owner == slot ==> frame_wf(frames[p]) && frames[p].owner_slot != 0;
    return next;
}
