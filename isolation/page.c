/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/page.h"

#include "abi/status.h"
#include "isolation/frame.h"
#include "isolation/lock.h"
#include "isolation/partition.h"
#include "isolation/trusted.h"

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

/*@ // Page k of the batch: nothing to do, or a frame of the guest in state `state`, with room for it at `to` + k.
    predicate batch_frame{L}(integer slot, integer f, integer state) =
      is_frame{L}(f) && \at(frames[f].owner,L) == slot && \at(frames[f].state,L) == state;
    predicate batch_room{L}(integer slot, integer g) = path{L}(2 * slot, g) >= 0 && walk{L}(2 * slot, g) == 0;
    predicate batched{L}(integer slot, integer count, integer state) = \forall integer k; 0 <= k < count ==>
      \at(frame_batch[k],L) != FRAME_NONE ==> batch_frame{L}(slot, \at(frame_batch[k],L), state);
    predicate roomy{L}(integer slot, integer first, integer count, integer to) = \forall integer k; first <= k < count ==>
      \at(frame_batch[k],L) != FRAME_NONE ==> batch_room{L}(slot, to + k);
    // What a batch may change in the frames: nothing of other owners' frames, no owner, nothing FREE.
    predicate own_frames{L1,L2}(integer slot) = \forall integer p; is_frame{L1}(p) ==>
      \at(frames[p].owner,L2) == \at(frames[p].owner,L1) && (\at(frames[p].state,L2) == FRAME_FREE <==> \at(frames[p].state,L1) == FRAME_FREE) &&
      (\at(frames[p].owner,L1) != slot ==> \at(frames[p],L1) == \at(frames[p],L2));
    // What it may change in the translations: its own, and the manager's of its own frames.
    predicate own_walks{L1,L2}(integer slot) = \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==>
      walk{L1}(a, g) == walk{L2}(a, g) || a == 2 * slot ||
      (a == 2 * PARTITION_MANAGER && is_frame{L1}(g) && \at(frames[g].owner,L1) == slot);
    predicate fewer_walks{L1,L2} = \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==>
      walk{L2}(a, g) == walk{L1}(a, g) || walk{L2}(a, g) == 0;
    // Frames of the guest that are not mapped are in the batch, at `first` or later.
    predicate pending{L}(integer slot, integer first, integer count, integer state) = \forall integer p; is_frame{L}(p) ==>
      \at(frames[p].state,L) != FRAME_FREE ==> is_guest(\at(frames[p].owner,L)) ==> \at(frames[p].owner_slot,L) == 0 ==>
      \at(frames[p].owner,L) == slot && \at(frames[p].state,L) == state &&
      \exists integer k; first <= k < count && \at(frame_batch[k],L) == p;
*/

/* What the partition maps at `from` and is in state `state` goes into the batch as page k, if it can go to `to`. */
/*@ requires sys_inv && is_guest(slot) && has_root(2 * slot) && k < FRAME_BATCH_MAX && from < GFN_LIMIT && to < GFN_LIMIT;
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], frame_batch[k];
    ensures inv: sys_inv;
    ensures slices: same_slices_but{Pre,Post}(slot);
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures batched: \result == STATUS_OK ==> frame_batch[k] != FRAME_NONE ==> batch_frame(slot, frame_batch[k], state) && batch_room(slot, to);
*/
static uint64_t batch_one(uint32_t slot, uint64_t k, gfn_t from, gfn_t to, uint32_t state)
{
    uint32_t table = table_leaf(table_ept_space(slot), from);
    uint64_t entry = table == TABLE_NONE ? 0 : tables[table].entry[from % TABLE_SLOTS];
    hfn_t hfn = entry / FRAME_SIZE;

    frame_batch[k] = FRAME_NONE;
    /* Is there something to do? */
    if (entry == 0) {
        return STATUS_OK;
    }
    //@ assert leaf: leaf_ok(entry, table, ix0(from));
    //@ assert mine: frame_wf(frames[hfn]) && frames[hfn].owner == slot;
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

/*@ requires sys_inv && is_guest(slot) && has_root(2 * slot) && 1 <= count <= FRAME_BATCH_MAX;
    requires from + count <= GFN_LIMIT && to + count <= GFN_LIMIT;
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1],
            frame_batch[0 .. FRAME_BATCH_MAX - 1];
    ensures inv: sys_inv;
    ensures slices: same_slices_but{Pre,Post}(slot);
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures batched: \result == STATUS_OK ==> batched(slot, count, state) && roomy(slot, 0, count, to);
*/
static uint64_t batch_all(uint32_t slot, gfn_t from, gfn_t to, uint64_t count, uint32_t state)
{
    /*@ loop invariant 0 <= k <= count;
        loop invariant sys_inv;
        loop invariant slices: same_slices_but{Pre,Here}(slot);
        loop invariant paths: paths_kept{Pre,Here};
        loop invariant walks: same_walks{Pre,Here};
        loop invariant batched: batched(slot, k, state);
        loop invariant roomy: roomy(slot, 0, k, to);
        loop assigns k, tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1],
            frame_batch[0 .. FRAME_BATCH_MAX - 1];
        loop variant count - k; */
    for (uint64_t k = 0; k < count; k++) {
        uint64_t status = batch_one(slot, k, from + k, to + k, state);

        if (status != STATUS_OK) {
            return status;
        }
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

/* Takes the frames of the batch out of the guest's EPT. */
/*@ requires sys_inv && is_guest(slot) && 1 <= count <= FRAME_BATCH_MAX && batched(slot, count, state);
    requires whole: mapped_inv && (state == FRAME_OWNED || state == FRAME_SHARED);
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv;
    ensures batched: batched(slot, count, state);
    ensures frames: own_frames{Pre,Post}(slot);
    ensures unmapped: \forall integer k; 0 <= k < count ==> frame_batch[k] != FRAME_NONE ==> frames[frame_batch[k]].owner_slot == 0;
    ensures pending: pending(slot, 0, count, state);
    ensures paths: same_paths{Pre,Post};
    ensures fewer: fewer_walks{Pre,Post};
    ensures walks: own_walks{Pre,Post}(slot);
*/
static void unmap_batch(uint32_t slot, uint64_t count, uint32_t state)
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

/* Takes the frames of the batch out of the manager's EPT. */
/*@ requires sys_inv && is_guest(slot) && 1 <= count <= FRAME_BATCH_MAX && batched(slot, count, FRAME_SHARED);
    requires unmapped: \forall integer k; 0 <= k < count ==> frame_batch[k] != FRAME_NONE ==> frames[frame_batch[k]].owner_slot == 0;
    requires pending: pending(slot, 0, count, FRAME_SHARED);
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv;
    ensures batched: batched(slot, count, FRAME_SHARED);
    ensures frames: own_frames{Pre,Post}(slot);
    ensures unmapped: \forall integer k; 0 <= k < count ==> frame_batch[k] != FRAME_NONE ==>
      frames[frame_batch[k]].owner_slot == 0 && frames[frame_batch[k]].borrower_slot == 0;
    ensures pending: pending(slot, 0, count, FRAME_SHARED);
    ensures paths: same_paths{Pre,Post};
    ensures fewer: fewer_walks{Pre,Post};
    ensures walks: own_walks{Pre,Post}(slot);
*/
static void unmap_batch_borrowed(uint32_t slot, uint64_t count)
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

/* One frame becomes shared, at guest frame `to`. */
/*@ requires sys_inv && is_guest(slot) && shared_bit_gfn <= to < GFN_LIMIT && batch_room(slot, to);
    requires batch_frame(slot, hfn, FRAME_OWNED) && path(2 * PARTITION_MANAGER, hfn) >= 0;
    requires flushed: unheld(hfn);
    assigns frames[hfn], tables[0 .. TABLES_MAX - 1], residue[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures shared: frames[hfn].state == FRAME_SHARED && frames[hfn].owner == slot && frames[hfn].owner_slot != 0;
    ensures paths: same_paths{Pre,Post};
    ensures walks: \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==>
      !(a == 2 * slot && g == to) ==> !(a == 2 * PARTITION_MANAGER && g == hfn) ==> walk(a, g) == walk{Pre}(a, g);
*/
static void share_one(uint32_t slot, gfn_t to, hfn_t hfn)
{
    frame_scrub(hfn);
    frame_lend(hfn);
    //@ assert lent: may_access(PARTITION_MANAGER, hfn) && !mapped(PARTITION_MANAGER, hfn) && !mapped(slot, hfn);
    frame_place(slot, to, hfn, EPT_LEAF_SHARED);
    frame_place_home(hfn);
}

/* One frame becomes private, at guest frame `to`. */
/*@ requires sys_inv && is_guest(slot) && to < shared_bit_gfn && to < GFN_LIMIT && batch_room(slot, to);
    requires batch_frame(slot, hfn, FRAME_SHARED);
    requires flushed: unheld(hfn);
    assigns frames[hfn], tables[0 .. TABLES_MAX - 1], residue[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures private: frames[hfn].state == FRAME_OWNED && frames[hfn].owner == slot && frames[hfn].owner_slot != 0;
    ensures paths: same_paths{Pre,Post};
    ensures walks: same_walks_but{Pre,Post}(2 * slot, to);
*/
static void unshare_one(uint32_t slot, gfn_t to, hfn_t hfn)
{
    frame_scrub(hfn);
    frame_take_back(hfn);
    frame_place(slot, to, hfn, EPT_LEAF_OWNED);
}

/* Nothing below can fail.  `to` is where the first page goes. */
/*@ requires all_inv && is_guest(slot) && has_root(2 * slot) && 1 <= count <= FRAME_BATCH_MAX && to + count <= GFN_LIMIT;
    requires batched(slot, count, FRAME_OWNED) && roomy(slot, 0, count, to);
    requires half: shared_bit_gfn <= to;
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1], residue[0 .. FRAMES_MAX - 1];
    ensures inv: all_inv;
    ensures frames: own_frames{Pre,Post}(slot);
    ensures walks: own_walks{Pre,Post}(slot);
*/
static void share_all(uint32_t slot, gfn_t to, uint64_t count)
{
    unmap_batch(slot, count, FRAME_OWNED);
    frame_flush(slot);
    //@ assert own: \forall integer k, v; 0 <= k < count ==> frame_batch[k] != FRAME_NONE ==> in_set(v) ==> may_access(v, frame_batch[k]) ==> v == slot;
    //@ assert flushed: \forall integer k, v; 0 <= k < count ==> frame_batch[k] != FRAME_NONE ==> in_set(v) ==> !stale(v, frame_batch[k]);
    //@ assert roomy: roomy(slot, 0, count, to);
    //@ assert home: home_inv;
    /*@ loop invariant 0 <= k <= count;
        loop invariant sys_inv;
        loop invariant home: home_inv;
        loop invariant frames: own_frames{Pre,Here}(slot);
        loop invariant owner: \forall integer j; 0 <= j < count ==> frame_batch[j] != FRAME_NONE ==> is_frame(frame_batch[j]) && frames[frame_batch[j]].owner == slot;
        loop invariant roomy: roomy(slot, k, count, to);
        loop invariant pending: pending(slot, k, count, FRAME_OWNED);
        loop invariant walks: own_walks{Pre,Here}(slot);
        loop assigns k, frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], residue[0 .. FRAMES_MAX - 1];
        loop variant count - k; */
    for (uint64_t k = 0; k < count; k++) {
        hfn_t hfn = frame_batch[k];

        if (hfn != FRAME_NONE && frames[hfn].state == FRAME_OWNED && frames[hfn].owner_slot == 0) {
            //@ assert nobody: unheld(hfn);
            share_one(slot, to + k, hfn);
        }
    }
}

/*@ requires all_inv && is_guest(slot) && has_root(2 * slot) && 1 <= count <= FRAME_BATCH_MAX && to + count <= GFN_LIMIT;
    requires batched(slot, count, FRAME_SHARED) && roomy(slot, 0, count, to);
    requires half: to + count <= shared_bit_gfn;
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1], residue[0 .. FRAMES_MAX - 1];
    ensures inv: all_inv;
    ensures frames: own_frames{Pre,Post}(slot);
    ensures walks: own_walks{Pre,Post}(slot);
*/
static void unshare_all(uint32_t slot, gfn_t to, uint64_t count)
{
    unmap_batch(slot, count, FRAME_SHARED);
    unmap_batch_borrowed(slot, count);
    frame_flush(slot);
    frame_flush(PARTITION_MANAGER);
    //@ assert own: \forall integer k, v; 0 <= k < count ==> frame_batch[k] != FRAME_NONE ==> in_set(v) ==> may_access(v, frame_batch[k]) ==> v == slot || v == PARTITION_MANAGER;
    //@ assert flushed: \forall integer k, v; 0 <= k < count ==> frame_batch[k] != FRAME_NONE ==> in_set(v) ==> !stale(v, frame_batch[k]);
    //@ assert roomy: roomy(slot, 0, count, to);
    //@ assert home: home_inv;
    /*@ loop invariant 0 <= k <= count;
        loop invariant sys_inv;
        loop invariant home: home_inv;
        loop invariant frames: own_frames{Pre,Here}(slot);
        loop invariant owner: \forall integer j; 0 <= j < count ==> frame_batch[j] != FRAME_NONE ==> is_frame(frame_batch[j]) && frames[frame_batch[j]].owner == slot;
        loop invariant unlent: \forall integer j; 0 <= j < count ==> frame_batch[j] != FRAME_NONE ==> frames[frame_batch[j]].borrower_slot == 0;
        loop invariant roomy: roomy(slot, k, count, to);
        loop invariant pending: pending(slot, k, count, FRAME_SHARED);
        loop invariant walks: own_walks{Pre,Here}(slot);
        loop assigns k, frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], residue[0 .. FRAMES_MAX - 1];
        loop variant count - k; */
    for (uint64_t k = 0; k < count; k++) {
        hfn_t hfn = frame_batch[k];

        if (hfn != FRAME_NONE && frames[hfn].state == FRAME_SHARED && frames[hfn].owner_slot == 0) {
            //@ assert nobody: unheld(hfn);
            unshare_one(slot, to + k, hfn);
        }
    }
}

/*@ requires core_inv && is_guest(slot) && partitions[slot].state == PARTITION_SEALED && has_root(2 * slot) && 1 <= count <= FRAME_BATCH_MAX && gfn + count <= shared_bit_gfn;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1];
    ensures inv: core_inv;
    ensures frames: own_frames{Pre,Post}(slot);
    ensures walks: own_walks{Pre,Post}(slot);
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0 && same_frames_out{Pre,Post}(0, 0) && same_walks{Pre,Post};
*/
static struct answer share_locked(uint32_t slot, gfn_t gfn, uint64_t count)
{
    uint64_t status = batch_all(slot, gfn, gfn + shared_bit_gfn, count, FRAME_OWNED);

    //@ assert idle: idle_inv && swept_inv;
    if (status != STATUS_OK) {
        return answer(status, 0);
    }
    //@ assert inv: all_inv;
    /* All checks passed: nothing below can fail. */
    share_all(slot, gfn + shared_bit_gfn, count);
    //@ assert swept: swept_inv;
    return answer(STATUS_OK, count);
}

/*@ requires core_inv && is_guest(slot) && partitions[slot].state == PARTITION_SEALED && has_root(2 * slot) && 1 <= count <= FRAME_BATCH_MAX && gfn + count <= shared_bit_gfn;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1];
    ensures inv: core_inv;
    ensures frames: own_frames{Pre,Post}(slot);
    ensures walks: own_walks{Pre,Post}(slot);
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0 && same_frames_out{Pre,Post}(0, 0) && same_walks{Pre,Post};
*/
static struct answer unshare_locked(uint32_t slot, gfn_t gfn, uint64_t count)
{
    uint64_t status = batch_all(slot, gfn + shared_bit_gfn, gfn, count, FRAME_SHARED);

    //@ assert idle: idle_inv && swept_inv;
    if (status != STATUS_OK) {
        return answer(status, 0);
    }
    //@ assert inv: all_inv;
    /* All checks passed: nothing below can fail. */
    unshare_all(slot, gfn, count);
    //@ assert swept: swept_inv;
    return answer(STATUS_OK, count);
}

/* Are these pages a guest can have? */
/*@ requires 1 <= shared_bit_gfn;
    assigns \nothing;
    ensures \result <==> 1 <= count <= FRAME_BATCH_MAX && gfn + count <= shared_bit_gfn;
*/
static bool range_is_good(gfn_t gfn, uint64_t count)
{
    return count != 0 && count <= FRAME_BATCH_MAX && gfn < shared_bit_gfn && count <= shared_bit_gfn - gfn;
}

struct answer page_share(uint32_t slot, uint64_t gfn, uint64_t count)
{
    struct answer a = answer(STATUS_BAD_STATE, 0);

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
    struct answer a = answer(STATUS_BAD_STATE, 0);

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
