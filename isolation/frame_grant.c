/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/frame_grant.h"

#include "isolation/frame.h"
#include "isolation/frame_large.h"

/* Grants a FREE frame that leaf table `table` of the manager covers. */
/*@ requires sys_inv && hfn < frame_limit && frames[hfn].state == FRAME_FREE;
    requires is_tab(table, 0) && table_tags[table].space == 2 * PARTITION_MANAGER && table_tags[table].base == hfn / 512;
    requires flags == EPT_LEAF_OWNED || flags == EPT_LEAF_SHARED;
    assigns frames[hfn], tables[0 .. TABLES_MAX - 1], residue[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures granted: frames[hfn].state == FRAME_OWNED && frames[hfn].owner == PARTITION_MANAGER;
    ensures paths: same_paths{Pre,Post};
*/
static void grant_one(uint32_t table, hfn_t hfn, uint64_t flags)
{
    frame_take(hfn);
    //@ assert place: table_tags[table].base * 512 + ix0(hfn) == hfn && part(table_tags[table].space) == PARTITION_MANAGER;
    //@ assert leaf: tables[table].entry[ix0(hfn)] != 0 ==> leaf_ok(tables[table].entry[ix0(hfn)], table, ix0(hfn));
    //@ assert empty: tables[table].entry[ix0(hfn)] == 0;
    frame_map(table, (uint32_t)(hfn % TABLE_SLOTS), hfn, flags);
}

/* Grants count frames that one leaf table of the manager covers. */
/*@ requires sys_inv && home_inv && has_root(2 * PARTITION_MANAGER);
    requires first + count <= frame_limit && 1 <= count && first % 512 + count <= 512;
    requires flags == EPT_LEAF_OWNED || flags == EPT_LEAF_SHARED;
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1],
            table_slices[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv && home_inv;
    ensures others: \forall integer p; is_frame(p) ==> !(first <= p < first + count) ==> frames[p] == \old(frames[p]);
    ensures granted: \result ==> \forall integer p; first <= p < first + count ==> frames[p].state == FRAME_OWNED && frames[p].owner == PARTITION_MANAGER;
*/
static bool grant_run(hfn_t first, uint64_t count, uint64_t flags)
{
    uint32_t table;

    /* Is the first frame nobody's yet, and is there a table left? */
    if (frames[first].state != FRAME_FREE) {
        return false;
    }
    table = frame_prepare(PARTITION_MANAGER, first);
    if (table == TABLE_NONE) {
        return false;
    }
    /*@ loop invariant 0 <= k <= count;
        loop invariant sys_inv;
        loop invariant home: home_inv;
        loop invariant tab: is_tab(table, 0) && table_tags[table].space == 2 * PARTITION_MANAGER && table_tags[table].base == first / 512;
        loop invariant others: \forall integer p; is_frame(p) ==> !(first <= p < first + k) ==> frames[p] == \at(frames[p],Pre);
        loop invariant granted: \forall integer p; first <= p < first + k ==> frames[p].state == FRAME_OWNED && frames[p].owner == PARTITION_MANAGER;
        loop assigns k, frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], residue[0 .. FRAMES_MAX - 1];
        loop variant count - k; */
    for (uint64_t k = 0; k < count; k++) {
        hfn_t hfn = first + k;

        /* Is the frame nobody's yet? */
        if (frames[hfn].state != FRAME_FREE) {
            return false;
        }
        //@ assert base: hfn / 512 == first / 512;
        grant_one(table, hfn, flags);
        //@ assert rest: \forall integer p; is_frame(p) ==> p != hfn ==> frames[p] == \at(frames[p],LoopCurrent);
        //@ assert home: home_inv;
    }
    return true;
}

bool frame_grant(hfn_t first, uint64_t count, enum frame_grant_kind kind)
{
    hfn_t next = first;
    hfn_t end;
    uint64_t flags = kind == GRANT_IMAGE ? EPT_LEAF_OWNED : EPT_LEAF_SHARED;

    /* Is it all RAM of the machine? */
    if (first > frame_limit || count > frame_limit - first) {
        return false;
    }
    end = first + count;
    /*@ loop invariant first <= next <= end;
        loop invariant sys_inv && home_inv;
        loop invariant others: \forall integer p; is_frame(p) ==> !(first <= p < next) ==> frames[p] == \at(frames[p],Pre);
        loop invariant granted: \forall integer p; first <= p < next ==> frames[p].state == FRAME_OWNED && frames[p].owner == PARTITION_MANAGER;
        loop assigns next, frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1],
            table_slices[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1];
        loop variant end - next; */
    while (next < end) {
        uint64_t run = TABLE_SLOTS - next % TABLE_SLOTS;

        if (run > end - next) {
            run = end - next;
        }
        /* Where a large leaf cannot be, small ones may. */
        if (!(kind == GRANT_LARGE && run == TABLE_SLOTS && frame_large_grant(next)) &&
            !grant_run(next, run, flags)) {
            return false;
        }
        next += run;
    }
    return true;
}
