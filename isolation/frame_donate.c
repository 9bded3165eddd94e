/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/frame_donate.h"

#include "abi/status.h"
#include "isolation/frame.h"
#include "isolation/frame_large.h"
#include "isolation/lock.h"
#include "isolation/partition.h"
#include "isolation/trusted.h"

/*@ predicate given(struct frame f) = f.state == FRAME_OWNED && f.owner == PARTITION_MANAGER && f.owner_slot != 0;
    predicate manager_has_all{L}(integer hfn, integer count) = \forall integer p; hfn <= p < hfn + count ==> given(\at(frames[p],L));
    // The slice has the tables that the first of the guest frames lacks, and then the last.
    predicate enough{L}(integer slot, integer gfn, integer count) = missing{L}(2 * slot, gfn) <= left{L}(slot) &&
      missing{L}(2 * slot, gfn) + lacks{L}(2 * slot, gfn, gfn + count - 1) <= left{L}(slot);
    predicate absent_all{L}(integer a, integer gfn, integer count) = \forall integer g; gfn <= g < gfn + count ==> walk{L}(a, g) == 0;
*/

/* Are the frames all the manager's own, and mapped for it alone? */
/*@ requires limit_ok && hfn + count <= frame_limit;
    assigns \nothing;
    ensures \result <==> manager_has_all(hfn, count);
*/
static bool all_owned(hfn_t hfn, uint64_t count)
{
    /*@ loop invariant 0 <= k <= count;
        loop invariant \forall integer p; hfn <= p < hfn + k ==> given(frames[p]);
        loop assigns k;
        loop variant count - k; */
    for (uint64_t k = 0; k < count; k++) {
        if (!frame_is_owned(hfn + k, PARTITION_MANAGER)) {
            //@ assert not: !given(frames[hfn + k]);
            return false;
        }
    }
    return true;
}

/* Are the guest frames all free to map? */
/*@ requires tables_inv && is_space(space) && gfn + count <= GFN_LIMIT;
    assigns \nothing;
    ensures \result <==> absent_all(space, gfn, count);
*/
static bool all_absent(uint32_t space, gfn_t gfn, uint64_t count)
{
    /*@ loop invariant 0 <= k <= count;
        loop invariant \forall integer g; gfn <= g < gfn + k ==> walk(space, g) == 0;
        loop assigns k;
        loop variant count - k; */
    for (uint64_t k = 0; k < count; k++) {
        if (table_translate(space, gfn + k) != 0) {
            //@ assert not: walk(space, gfn + k) != 0;
            return false;
        }
    }
    return true;
}

/* The leaf tables that gfn .. gfn + count - 1 need; false: the slice is used up. */
/*@ requires sys_inv && is_guest(slot) && has_root(2 * slot);
    requires 1 <= count <= FRAME_BATCH_MAX && gfn + count <= GFN_LIMIT;
    requires idle: idle_inv && !free(slot);
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures idle: idle_inv;
    ensures slices: same_slices_but{Pre,Post}(slot);
    ensures tags: tags_kept{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures ready: \result ==> \forall integer g; gfn <= g < gfn + count ==> path(2 * slot, g) >= 0;
    ensures exact: \result <==> enough{Pre}(slot, gfn, count);
*/
static bool prepare_all(uint32_t slot, gfn_t gfn, uint64_t count)
{
    if (frame_prepare(slot, gfn) == TABLE_NONE || frame_prepare(slot, gfn + count - 1u) == TABLE_NONE) {
        return false;
    }
    //@ assert ends: path(2 * slot, gfn) >= 0 && path(2 * slot, gfn + count - 1) >= 0;
    //@ assert near: \forall integer g; gfn <= g < gfn + count ==> g / 512 == gfn / 512 || g / 512 == (gfn + count - 1) / 512;
    //@ assert low: \forall integer g; 0 <= g ==> g / 512 == gfn / 512 ==> path(2 * slot, g) == path(2 * slot, gfn);
    //@ assert high: \forall integer g; 0 <= g ==> g / 512 == (gfn + count - 1) / 512 ==> path(2 * slot, g) == path(2 * slot, gfn + count - 1);
    return true;
}

/*@ ghost
  /@ requires sys_inv && is_frame(q) && apart_slot(q);
     assigns \nothing;
     ensures \forall integer p; is_frame(p) ==> p / 512 == q / 512 ==> apart_slot(p); @/
  void neighbours(uint64_t q)
  {
    /@ assert wf: \forall integer p; is_frame(p) ==> back_wf(p); @/
    /@ assert back: \forall integer p; is_frame(p) ==> !apart_slot(p) ==> back_large(frames[p].owner_slot, p); @/
    /@ assert slot: \forall integer p; is_frame(p) ==> !apart_slot(p) ==> ix(slot_i(frames[p].owner_slot)) && slot_id(slot_t(frames[p].owner_slot), slot_i(frames[p].owner_slot)) == frames[p].owner_slot; @/
    /@ assert large: \forall integer p; is_frame(p) ==> !apart_slot(p) ==> run(p / 512 * 512, frames[p].owner_slot); @/
    /@ assert same: \forall integer p; is_frame(p) ==> p / 512 == q / 512 ==> !apart_slot(p) ==> frames[q].owner_slot == frames[p].owner_slot; @/
    return;
  }
*/

/* Leaves of their own for the manager's frames hfn .. hfn + count - 1; false: its tables are used up.  They are not, by
 * the size of its slice. */
/*@ requires sys_inv && home_inv && has_root(2 * PARTITION_MANAGER);
    requires 1 <= count <= FRAME_BATCH_MAX && hfn + count <= frame_limit && manager_has_all(hfn, count);
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv && home_inv;
    ensures frames: renamed{Pre,Post};
    ensures slices: same_slices_but{Pre,Post}(PARTITION_MANAGER);
    ensures tags: tags_kept{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures apart: \result ==> \forall integer p; hfn <= p < hfn + count ==> apart_slot(p) && path(2 * PARTITION_MANAGER, p) >= 0;
*/
static bool split_all(hfn_t hfn, uint64_t count)
{
    if (!frame_large_split(hfn)) {
        return false;
    }
    //@ assert last: given(frames[hfn + count - 1]) && path(2 * PARTITION_MANAGER, hfn) >= 0;
    if (!frame_large_split(hfn + count - 1u)) {
        return false;
    }
    //@ assert ends: apart_slot(hfn) && apart_slot(hfn + count - 1) && path(2 * PARTITION_MANAGER, hfn) >= 0 && path(2 * PARTITION_MANAGER, hfn + count - 1) >= 0;
    //@ assert near: \forall integer p; hfn <= p < hfn + count ==> p / 512 == hfn / 512 || p / 512 == (hfn + count - 1) / 512;
    //@ assert low: \forall integer p; 0 <= p ==> p / 512 == hfn / 512 ==> path(2 * PARTITION_MANAGER, p) == path(2 * PARTITION_MANAGER, hfn);
    //@ assert high: \forall integer p; 0 <= p ==> p / 512 == (hfn + count - 1) / 512 ==> path(2 * PARTITION_MANAGER, p) == path(2 * PARTITION_MANAGER, hfn + count - 1);
    //@ ghost neighbours(hfn);
    //@ ghost neighbours(hfn + count - 1);
    return true;
}

/* Nothing below can fail: the frames leave the manager ... */
/*@ requires sys_inv && has_root(2 * PARTITION_MANAGER);
    requires apart: \forall integer p; hfn <= p < hfn + count ==> apart_slot(p);
    requires 1 <= count <= FRAME_BATCH_MAX && hfn + count <= frame_limit && manager_has_all(hfn, count);
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv;
    ensures others: same_frames_out{Pre,Post}(hfn, count);
    ensures taken: \forall integer p; hfn <= p < hfn + count ==> frames[p] == {\old(frames[p]) \with .owner_slot = (uint32_t)0};
    ensures unheld: \forall integer p; hfn <= p < hfn + count ==> unheld(p);
    ensures paths: same_paths{Pre,Post};
    ensures walks: same_walks_out{Pre,Post}(2 * PARTITION_MANAGER, hfn, count);
*/
static void take_all(hfn_t hfn, uint64_t count)
{
    /*@ loop invariant 0 <= k <= count;
        loop invariant sys_inv;
        loop invariant others: \forall integer p; is_frame(p) ==> !(hfn <= p < hfn + k) ==> frames[p] == \at(frames[p],Pre);
        loop invariant taken: \forall integer p; hfn <= p < hfn + k ==> frames[p] == {\at(frames[p],Pre) \with .owner_slot = (uint32_t)0};
        loop invariant paths: same_paths{Pre,Here};
        loop invariant walks: same_walks_out{Pre,Here}(2 * PARTITION_MANAGER, hfn, k);
        loop assigns k, frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1];
        loop variant count - k; */
    for (uint64_t k = 0; k < count; k++) {
        //@ assert had: given(frames[hfn + k]) && apart_slot(hfn + k);
        frame_unmap_owner(hfn + k);
    }
    frame_flush(PARTITION_MANAGER);
    //@ assert own: \forall integer p, v; hfn <= p < hfn + count ==> in_set(v) ==> may_access(v, p) ==> v == PARTITION_MANAGER;
    //@ assert flushed: \forall integer p, v; hfn <= p < hfn + count ==> in_set(v) ==> !stale(v, p);
    //@ assert unmapped: \forall integer p, v; hfn <= p < hfn + count ==> in_set(v) ==> !mapped(v, p);
}

/*@ predicate waiting(struct frame f) = f.state == FRAME_OWNED && f.owner == PARTITION_MANAGER && f.owner_slot == 0;
*/

/* One frame comes to the guest. */
/*@ requires sys_inv && is_guest(slot) && gfn < shared_bit_gfn && gfn < GFN_LIMIT && path(2 * slot, gfn) >= 0 && walk(2 * slot, gfn) == 0;
    requires hfn < frame_limit && waiting(frames[hfn]);
    requires flushed: unheld(hfn);
    assigns frames[hfn], tables[0 .. TABLES_MAX - 1], residue[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures given: frames[hfn].state == FRAME_OWNED && frames[hfn].owner == slot && frames[hfn].owner_slot != 0;
    ensures paths: same_paths{Pre,Post};
    ensures others: same_walks_but{Pre,Post}(2 * slot, gfn);
    ensures mapped: walk(2 * slot, gfn) == hfn * 4096 + EPT_LEAF_OWNED;
*/
static void give_one(uint32_t slot, gfn_t gfn, hfn_t hfn, bool keep)
{
    if (keep) {
        frame_keep(hfn);
    } else {
        frame_scrub(hfn);
    }
    //@ assert still: unheld(hfn) && clean(hfn);
    frame_give(hfn, slot);
    frame_place(slot, gfn, hfn, EPT_LEAF_OWNED);
}

/* ... and come to the guest. */
/*@ requires sys_inv && is_guest(slot) && 1 <= count <= FRAME_BATCH_MAX && gfn + count <= GFN_LIMIT && hfn + count <= frame_limit;
    requires below: gfn + count <= shared_bit_gfn;
    requires paths: \forall integer g; gfn <= g < gfn + count ==> path(2 * slot, g) >= 0;
    requires absent: absent_all(2 * slot, gfn, count);
    requires waiting: \forall integer p; hfn <= p < hfn + count ==> waiting(frames[p]);
    requires flushed: \forall integer p; hfn <= p < hfn + count ==> unheld(p);
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], residue[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv;
    ensures others: same_frames_out{Pre,Post}(hfn, count);
    ensures given: \forall integer p; hfn <= p < hfn + count ==>
      frames[p].state == FRAME_OWNED && frames[p].owner == slot && frames[p].owner_slot != 0;
    ensures paths: same_paths{Pre,Post};
    ensures walks: same_walks_out{Pre,Post}(2 * slot, gfn, count);
    ensures mapped: \forall integer g; gfn <= g < gfn + count ==> walk(2 * slot, g) == (hfn + (g - gfn)) * 4096 + EPT_LEAF_OWNED;
*/
static void give_all(uint32_t slot, gfn_t gfn, hfn_t hfn, uint64_t count, bool keep)
{
    /*@ loop invariant 0 <= k <= count;
        loop invariant sys_inv;
        loop invariant others: \forall integer p; is_frame(p) ==> !(hfn <= p < hfn + k) ==> frames[p] == \at(frames[p],Pre);
        loop invariant given: \forall integer p; hfn <= p < hfn + k ==>
          frames[p].state == FRAME_OWNED && frames[p].owner == slot && frames[p].owner_slot != 0;
        loop invariant paths: same_paths{Pre,Here};
        loop invariant walks: same_walks_out{Pre,Here}(2 * slot, gfn, k);
        loop invariant mapped: \forall integer g; gfn <= g < gfn + k ==> walk(2 * slot, g) == (hfn + (g - gfn)) * 4096 + EPT_LEAF_OWNED;
        loop assigns k, frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], residue[0 .. FRAMES_MAX - 1];
        loop variant count - k; */
    for (uint64_t k = 0; k < count; k++) {
        //@ assert waits: waiting(frames[hfn + k]) && unheld(hfn + k);
        //@ assert room: walk(2 * slot, gfn + k) == 0 && path(2 * slot, gfn + k) >= 0;
        give_one(slot, gfn + k, hfn + k, keep);
    }
}

/* So many fewer it may still be given. */
/*@ requires parts_inv && life_inv && idle_inv && is_guest(slot) && count <= partitions[slot].frames_left;
    assigns partitions[slot].frames_left;
    ensures inv: parts_inv && life_inv && idle_inv;
    ensures left: partitions[slot].frames_left == \old(partitions[slot].frames_left) - count;
*/
static void charge(uint32_t slot, uint64_t count)
{
    partitions[slot].frames_left -= count;
    //@ assert same: \forall integer v; in_set(v) ==> (free(v) <==> free{Pre}(v)) && partitions[v].generation == \at(partitions[v].generation,Pre) && run_first(v) == run_first{Pre}(v) && run_size(v) == run_size{Pre}(v) && made(v) == made{Pre}(v) && partitions[v].state == \at(partitions[v].state,Pre);
    //@ assert parts: parts_inv;
    //@ assert lives: lives_inv;
    //@ assert made: made_inv;
    //@ assert life: life_inv;
}

/*@ // The call is allowed, but for tables; `slot` is id % PARTITIONS_MAX.
    predicate can_donate{L}(integer id, integer gfn, integer hfn, integer count) =
      is_guest(id % PARTITIONS_MAX) && \at(partitions[id % PARTITIONS_MAX].generation,L) == id / PARTITIONS_MAX &&
      \at(partitions[id % PARTITIONS_MAX].state,L) == PARTITION_LIVE &&
      count <= \at(partitions[id % PARTITIONS_MAX].frames_left,L) &&
      gfn + count <= \at(shared_bit_gfn,L) && hfn + count <= \at(frame_limit,L) &&
      manager_has_all{L}(hfn, count) && absent_all{L}(2 * (id % PARTITIONS_MAX), gfn, count);
    // What is asked, in that order: the status names the first that is not so.
    predicate filling{L}(integer id) = known{L}(id) && \at(partitions[id % PARTITIONS_MAX].state,L) == PARTITION_LIVE;
    predicate in_guest{L}(integer id, integer gfn, integer count) = filling{L}(id) && gfn + count <= \at(shared_bit_gfn,L);
    predicate in_ram{L}(integer id, integer gfn, integer hfn, integer count) = in_guest{L}(id, gfn, count) &&
      hfn + count <= \at(frame_limit,L);
    predicate in_quota{L}(integer id, integer gfn, integer hfn, integer count) = in_ram{L}(id, gfn, hfn, count) &&
      count <= \at(partitions[id % PARTITIONS_MAX].frames_left,L);
    predicate in_hand{L}(integer id, integer gfn, integer hfn, integer count) = in_quota{L}(id, gfn, hfn, count) && manager_has_all{L}(hfn, count);
    predicate answered{L}(integer s, integer id, integer gfn, integer hfn, integer count) =
      (!known{L}(id) ==> s == STATUS_AT(STATUS_INVALID, OPERAND_RDI)) &&
      (known{L}(id) ==> !filling{L}(id) ==> s == STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI)) &&
      (filling{L}(id) ==> !in_guest{L}(id, gfn, count) ==> s == STATUS_AT(STATUS_INVALID, OPERAND_RSI)) &&
      (in_guest{L}(id, gfn, count) ==> !in_ram{L}(id, gfn, hfn, count) ==> s == STATUS_AT(STATUS_INVALID, OPERAND_RDX)) &&
      (in_ram{L}(id, gfn, hfn, count) ==> !in_quota{L}(id, gfn, hfn, count) ==> s == STATUS_AT(STATUS_NO_ROOM, OPERAND_R10)) &&
      (in_quota{L}(id, gfn, hfn, count) ==> !in_hand{L}(id, gfn, hfn, count) ==> s == STATUS_AT(STATUS_NOT_OWNER, OPERAND_RDX)) &&
      (in_hand{L}(id, gfn, hfn, count) ==> !can_donate{L}(id, gfn, hfn, count) ==> s == STATUS_AT(STATUS_BAD_STATE, OPERAND_RSI)) &&
      (can_donate{L}(id, gfn, hfn, count) ==> s == STATUS_OK);
*/

/* The first thing that speaks against the call, but for tables; STATUS_OK: nothing does. */
/*@ requires core_inv && 1 <= count <= FRAME_BATCH_MAX;
    assigns \nothing;
    ensures exact: answered(\result, id, gfn, hfn, count);
    ensures may: \result == STATUS_OK ==> can_donate(id, gfn, hfn, count);
*/
static uint64_t refusal(uint64_t id, gfn_t gfn, hfn_t hfn, uint64_t count)
{
    const uint32_t slot = partition_find(id);

    /* Is there such a partition, and is it being filled? */
    if (slot == PARTITION_NONE) {
        //@ assert answer: answered(STATUS_AT(STATUS_INVALID, OPERAND_RDI), id, gfn, hfn, count);
        return STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    }
    //@ assert known: known(id);
    if (partitions[slot].state != PARTITION_LIVE) {
        //@ assert answer: answered(STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI), id, gfn, hfn, count);
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI);
    }
    /* Are the guest frames private ones, and the frames RAM? */
    if (gfn >= shared_bit_gfn || count > shared_bit_gfn - gfn) {
        //@ assert answer: answered(STATUS_AT(STATUS_INVALID, OPERAND_RSI), id, gfn, hfn, count);
        return STATUS_AT(STATUS_INVALID, OPERAND_RSI);
    }
    if (hfn >= frame_limit || count > frame_limit - hfn) {
        //@ assert answer: answered(STATUS_AT(STATUS_INVALID, OPERAND_RDX), id, gfn, hfn, count);
        return STATUS_AT(STATUS_INVALID, OPERAND_RDX);
    }
    /* May the partition have so many more? */
    if (count > partitions[slot].frames_left) {
        //@ assert answer: answered(STATUS_AT(STATUS_NO_ROOM, OPERAND_R10), id, gfn, hfn, count);
        return STATUS_AT(STATUS_NO_ROOM, OPERAND_R10);
    }
    if (!all_owned(hfn, count)) {
        //@ assert answer: answered(STATUS_AT(STATUS_NOT_OWNER, OPERAND_RDX), id, gfn, hfn, count);
        return STATUS_AT(STATUS_NOT_OWNER, OPERAND_RDX);
    }
    if (!all_absent(table_ept_space(slot), gfn, count)) {
        //@ assert answer: answered(STATUS_AT(STATUS_BAD_STATE, OPERAND_RSI), id, gfn, hfn, count);
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RSI);
    }
    //@ assert answer: answered(STATUS_OK, id, gfn, hfn, count);
    return STATUS_OK;
}

/*@ requires core_inv && 1 <= count <= FRAME_BATCH_MAX;
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1],
            table_slices[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1];
    ensures inv: core_inv;
    ensures charged: \result == STATUS_OK ==> partitions[id % PARTITIONS_MAX].frames_left == \old(partitions[id % PARTITIONS_MAX].frames_left) - count;
    ensures only_if: \result == STATUS_OK ==> can_donate{Pre}(id, gfn, hfn, count);
    ensures exact: !can_donate{Pre}(id, gfn, hfn, count) ==> answered{Pre}(\result, id, gfn, hfn, count);
    ensures tables: can_donate{Pre}(id, gfn, hfn, count) ==> !enough{Pre}(id % PARTITIONS_MAX, gfn, count) ==>
      \result == STATUS_AT(STATUS_NO_ROOM, OPERAND_RDI);
    ensures done: can_donate{Pre}(id, gfn, hfn, count) ==> enough{Pre}(id % PARTITIONS_MAX, gfn, count) ==>
      \result == STATUS_OK || \result == STATUS_AT(STATUS_NO_ROOM, OPERAND_RDX);
    ensures tags: tags_kept{Pre,Post};
    ensures refused: \result != STATUS_OK ==> renamed{Pre,Post} && same_walks{Pre,Post};
    ensures others: \forall integer p; is_frame(p) ==> !(hfn <= p < hfn + count) ==>
      frames[p] == {\old(frames[p]) \with .owner_slot = frames[p].owner_slot} &&
      (\old(frames[p].owner) != PARTITION_MANAGER ==> frames[p] == \old(frames[p]));
    ensures given: \result == STATUS_OK ==> \forall integer p; hfn <= p < hfn + count ==>
      frames[p].state == FRAME_OWNED && frames[p].owner == id % PARTITIONS_MAX;
    ensures walks: \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==>
      !(a == 2 * PARTITION_MANAGER && hfn <= g < hfn + count) ==>
      !(a == 2 * (id % PARTITIONS_MAX) && gfn <= g < gfn + count) ==> walk(a, g) == walk{Pre}(a, g);
    ensures mapped: \result == STATUS_OK ==> \forall integer g; gfn <= g < gfn + count ==>
      walk(2 * (id % PARTITIONS_MAX), g) == (hfn + (g - gfn)) * 4096 + EPT_LEAF_OWNED;
*/
static uint64_t donate_locked(uint64_t id, gfn_t gfn, hfn_t hfn, uint64_t count, bool keep)
{
    const uint32_t slot = (uint32_t)(id % PARTITIONS_MAX);
    const uint64_t status = refusal(id, gfn, hfn, count);

    if (status != STATUS_OK) {
        return status;
    }
    /* Are there tables for them?  What is made of them stays, in the partition's own slice. */
    if (!prepare_all(slot, gfn, count)) {
        //@ assert swept: swept_inv;
        //@ assert unprepared: core_inv;
        return STATUS_AT(STATUS_NO_ROOM, OPERAND_RDI);
    }
    /* Are there tables for the manager to split large leaves?  The pieces stay. */
    if (!split_all(hfn, count)) {
        //@ assert all_still: all_inv;
        //@ assert idle_still: idle_inv;
        //@ assert swept_still: swept_inv;
        //@ assert unsplit: core_inv;
        return STATUS_AT(STATUS_NO_ROOM, OPERAND_RDX);
    }
    //@ assert may: can_donate{Pre}(id, gfn, hfn, count);
    //@ assert has: manager_has_all(hfn, count);
    //@ assert free: absent_all(2 * slot, gfn, count);
    //@ assert walks_p: same_walks{Pre,Here};
    //@ assert whole: all_inv;
    //@ assert idle: idle_inv;
    //@ assert ready: \forall integer g; gfn <= g < gfn + count ==> path(2 * slot, g) >= 0;
    //@ assert swept_yet: swept_inv;
    /* All checks passed: nothing below can fail. */
    take_all(hfn, count);
    //@ assert walks_t: same_walks_out{Pre,Here}(2 * PARTITION_MANAGER, hfn, count);
    //@ assert absent: absent_all(2 * slot, gfn, count);
    give_all(slot, gfn, hfn, count, keep);
    //@ assert walks_g: \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==> !(a == 2 * PARTITION_MANAGER && hfn <= g < hfn + count) ==> !(a == 2 * slot && gfn <= g < gfn + count) ==> walk(a, g) == walk{Pre}(a, g);
    charge(slot, count);
    //@ assert home: home_inv;
    //@ assert all_mapped: mapped_inv;
    //@ assert swept: swept_inv;
    //@ assert done: core_inv;
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
