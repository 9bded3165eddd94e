/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_PAGE_BATCH_H
#define ISOLATION_PAGE_BATCH_H

#include <stdint.h>

#include "abi/status.h"
#include "isolation/frame.h"

/*
 * The frames of the pages that one share or unshare converts: found and provided for, and then unmapped, all of them.
 */
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
    // What the guest's tree lacks for g when the first k pages of the batch, those of them that are mapped, have their tables at `to`; and
    // how many tables these took.
    logic integer batch_lacks{L}(integer a, integer from, integer to, integer k, integer g) = k <= 0 ? missing{L}(a, g) :
      walk{L}(a, from + k - 1) == 0 ? batch_lacks{L}(a, from, to, k - 1, g) :
      lesser(batch_lacks{L}(a, from, to, k - 1, g), unshared(to + k - 1, g));
    logic integer batch_takes{L}(integer a, integer from, integer to, integer k) = k <= 0 ? 0 :
      walk{L}(a, from + k - 1) == 0 ? batch_takes{L}(a, from, to, k - 1) :
      batch_takes{L}(a, from, to, k - 1) + batch_lacks{L}(a, from, to, k - 1, to + k - 1);
    // The state of what a guest maps at g is told by the half; what speaks against page k.
    logic integer half_state{L}(integer g) = g >= \at(shared_bit_gfn,L) ? FRAME_SHARED : FRAME_OWNED;
    logic integer page_fault{L}(integer slot, integer from, integer to, integer state, integer lacking, integer room) =
      walk{L}(2 * slot, from) == 0 ? STATUS_OK :
      half_state{L}(from) != state || walk{L}(2 * slot, to) != 0 ? STATUS_BAD_STATE : lacking > room ? STATUS_NO_ROOM : STATUS_OK;
    logic integer batch_fault{L}(integer slot, integer from, integer to, integer state, integer k) =
      page_fault{L}(slot, from + k, to + k, state, batch_lacks{L}(2 * slot, from, to, k, to + k),
        left{L}(slot) - batch_takes{L}(2 * slot, from, to, k));
    // The status: that of the first page that something speaks against.
    predicate batch_passes{L}(integer slot, integer from, integer to, integer state, integer k) = \forall integer j; 0 <= j < k ==>
      batch_fault{L}(slot, from, to, state, j) == STATUS_OK;
    predicate batch_answered{L}(integer s, integer slot, integer from, integer to, integer state, integer count) =
      (s == STATUS_OK && batch_passes{L}(slot, from, to, state, count)) ||
      (s != STATUS_OK && \exists integer k; 0 <= k < count && s == batch_fault{L}(slot, from, to, state, k) && batch_passes{L}(slot, from, to, state, k));
*/

/* Takes what the partition maps at `from` .. `from` + count - 1 into the batch, if all of it is in state `state` and can go to `to` and on:
 * STATUS_OK.  Else BAD_STATE: something is not in that state, or its new place is not free; NO_ROOM: the slice is used up.  Changes no translation. */
/*@ requires sys_inv && is_guest(slot) && has_root(2 * slot) && 1 <= count <= FRAME_BATCH_MAX;
    requires from + count <= GFN_LIMIT && to + count <= GFN_LIMIT;
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1],
            frame_batch[0 .. FRAME_BATCH_MAX - 1];
    ensures inv: sys_inv;
    ensures slices: same_slices_but{Pre,Post}(slot);
    ensures tags: tags_kept{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures batched: \result == STATUS_OK ==> batched(slot, count, state) && roomy(slot, 0, count, to);
    ensures exact: batch_answered{Pre}(\result, slot, from, to, state, count);
*/
uint64_t page_batch_take(uint32_t slot, gfn_t from, gfn_t to, uint64_t count, uint32_t state);

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
void page_batch_unmap(uint32_t slot, uint64_t count, uint32_t state);

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
void page_batch_unmap_borrowed(uint32_t slot, uint64_t count);

#endif
