/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/page.h"

#include "abi/status.h"
#include "isolation/frame.h"
#include "isolation/lock.h"
#include "isolation/page_batch.h"
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
    page_batch_unmap(slot, count, FRAME_OWNED);
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
    page_batch_unmap(slot, count, FRAME_SHARED);
    page_batch_unmap_borrowed(slot, count);
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
    ensures tags: tags_kept{Pre,Post};
    ensures walks: own_walks{Pre,Post}(slot);
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0 && same_frames_out{Pre,Post}(0, 0) && same_walks{Pre,Post};
    ensures exact: batch_answered{Pre}(\result.status, slot, gfn, gfn + shared_bit_gfn, FRAME_OWNED, count);
    ensures value: \result.status == STATUS_OK ==> \result.value == count;
*/
static struct answer share_locked(uint32_t slot, gfn_t gfn, uint64_t count)
{
    uint64_t status = page_batch_take(slot, gfn, gfn + shared_bit_gfn, count, FRAME_OWNED);

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
    ensures tags: tags_kept{Pre,Post};
    ensures walks: own_walks{Pre,Post}(slot);
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0 && same_frames_out{Pre,Post}(0, 0) && same_walks{Pre,Post};
    ensures exact: batch_answered{Pre}(\result.status, slot, gfn + shared_bit_gfn, gfn, FRAME_SHARED, count);
    ensures value: \result.status == STATUS_OK ==> \result.value == count;
*/
static struct answer unshare_locked(uint32_t slot, gfn_t gfn, uint64_t count)
{
    uint64_t status = page_batch_take(slot, gfn + shared_bit_gfn, gfn, count, FRAME_SHARED);

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
