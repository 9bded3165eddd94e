/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/frame_large.h"

#include "ept/table_large.h"

/* Are frames hfn .. hfn + 511 all nobody's? */
/*@ requires limit_ok && hfn + 512 <= frame_limit;
    assigns \nothing;
    ensures \result <==> \forall integer p; hfn <= p < hfn + 512 ==> frames[p].state == FRAME_FREE;
*/
static bool all_free(hfn_t hfn)
{
    /*@ loop invariant 0 <= k <= TABLE_SLOTS;
        loop invariant \forall integer p; hfn <= p < hfn + k ==> frames[p].state == FRAME_FREE;
        loop assigns k;
        loop variant TABLE_SLOTS - k; */
    for (uint64_t k = 0; k < TABLE_SLOTS; k++) {
        if (frames[hfn + k].state != FRAME_FREE) {
            //@ assert not: frames[hfn + k].state != FRAME_FREE;
            return false;
        }
    }
    return true;
}

/* They become the manager's, not yet mapped. */
/*@ requires sys_inv && home_inv && hfn + 512 <= frame_limit;
    requires free: \forall integer p; hfn <= p < hfn + 512 ==> frames[p].state == FRAME_FREE;
    assigns frames[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv && home_inv;
    ensures others: same_frames_out{Pre,Post}(hfn, 512);
    ensures taken: run(hfn, 0);
*/
static void take_run(hfn_t hfn)
{
    /*@ loop invariant 0 <= k <= TABLE_SLOTS;
        loop invariant sys_inv;
        loop invariant home: home_inv;
        loop invariant others: \forall integer p; is_frame(p) ==> !(hfn <= p < hfn + k) ==> frames[p] == \at(frames[p],Pre);
        loop invariant taken: \forall integer p; hfn <= p < hfn + k ==> frames[p].state == FRAME_OWNED && frames[p].owner == PARTITION_MANAGER && frames[p].owner_slot == 0;
        loop assigns k, frames[0 .. FRAMES_MAX - 1];
        loop variant TABLE_SLOTS - k; */
    for (uint64_t k = 0; k < TABLE_SLOTS; k++) {
        //@ assert wf: frame_wf(frames[hfn + k]);
        frame_take(hfn + k);
    }
}

/* Writes slot `id` into each of the frames hfn .. hfn + 511. */
/*@ requires limit_ok && hfn + 512 <= frame_limit;
    assigns frames[0 .. FRAMES_MAX - 1], residue[0 .. FRAMES_MAX - 1];
    ensures others: same_frames_out{Pre,Post}(hfn, 512);
    ensures noted: \forall integer p; hfn <= p < hfn + 512 ==> frames[p] == {\old(frames[p]) \with .owner_slot = id};
    ensures residue: \forall integer p, v; 0 <= p < FRAMES_MAX ==> in_set(v) ==>
      residue[p].of[v] == (hfn <= p < hfn + 512 && v == PARTITION_MANAGER ? 1 : \old(residue[p].of[v]));
*/
static void note_run(hfn_t hfn, uint32_t id)
{
    /*@ loop invariant 0 <= k <= TABLE_SLOTS;
        loop invariant others: \forall integer p; is_frame(p) ==> !(hfn <= p < hfn + k) ==> frames[p] == \at(frames[p],Pre);
        loop invariant noted: \forall integer p; hfn <= p < hfn + k ==> frames[p] == {\at(frames[p],Pre) \with .owner_slot = id};
        loop invariant residue: \forall integer p, v; 0 <= p < FRAMES_MAX ==> in_set(v) ==>
          residue[p].of[v] == (hfn <= p < hfn + k && v == PARTITION_MANAGER ? 1 : \at(residue[p].of[v],Pre));
        loop assigns k, frames[0 .. FRAMES_MAX - 1], residue[0 .. FRAMES_MAX - 1];
        loop variant TABLE_SLOTS - k; */
    for (uint64_t k = 0; k < TABLE_SLOTS; k++) {
        frames[hfn + k].owner_slot = id;
        //@ ghost residue[hfn + k].of[PARTITION_MANAGER] = 1;
    }
}

/* The one place where a large leaf is made: slot `slot` of level-1 table `table`, which is empty, maps the manager's own frames
 * hfn .. hfn + 511, which are not mapped. */
/*@ requires sys_inv;
    requires is_tab(table, 1) && ix(slot) && tables[table].entry[slot] == 0 && table_tags[table].space == 2 * PARTITION_MANAGER;
    requires hfn + 512 <= frame_limit && run(hfn, 0);
    requires place: hfn == (table_tags[table].base * 512 + slot) * 512;
    assigns frames[0 .. FRAMES_MAX - 1], tables[table].entry[slot], residue[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv;
    ensures others: same_frames_out{Pre,Post}(hfn, 512);
    ensures mapped: run(hfn, slot_id(table, slot));
    ensures paths: same_paths{Pre,Post};
*/
static void map_run(uint32_t table, uint32_t slot, hfn_t hfn)
{
    //@ assert entry: large_for(hfn * 4096 + EPT_LEAF_SHARED + EPT_LARGE, 2 * PARTITION_MANAGER);
    //@ assert unslotted: \forall integer p; is_frame(p) ==> frames[p].owner_slot != slot_id(table, slot) && frames[p].borrower_slot != slot_id(table, slot);
    //@ assert none: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> tables[t].entry[i] != 0 ==> !(hfn <= ent_hfn(tables[t].entry[i]) < hfn + 512);
    //@ assert covered: \forall integer t, i, p; covers(t, i, p) ==> frames[p].state == FRAME_OWNED && frames[p].owner == PARTITION_MANAGER && frames[p].owner_slot == slot_id(t, i);
    //@ assert away: \forall integer t, i, p; covers(t, i, p) ==> !(hfn <= p < hfn + 512);
    note_run(hfn, table * TABLE_SLOTS + slot + 1u);
    table_large_set(table, slot, hfn * FRAME_SIZE + EPT_LEAF_SHARED + EPT_LARGE);
    //@ assert policy: same_policy{Pre,Here};
    //@ assert frames: frames_inv;
    //@ assert forward: forward_inv;
    //@ assert halves: halves_inv;
    //@ assert mine: large_ok(tables[table].entry[slot], table, slot);
    //@ assert same: \forall integer u, j; in_use(u) ==> ix(j) ==> !(u == table && j == slot) ==> tables[u].entry[j] == \at(tables[u].entry[j],Pre);
    //@ assert large_p: \forall integer t, i; is_tab(t, 1) ==> ix(i) ==> !(t == table && i == slot) ==> large(tables[t].entry[i]) ==> large_ok{Pre}(tables[t].entry[i], t, i);
    //@ assert apart_c: \forall integer t, i, p; covers(t, i, p) ==> !(t == table && i == slot) ==> covers{Pre}(t, i, p);
    //@ assert apart_f: \forall integer t, i, p; covers(t, i, p) ==> !(t == table && i == slot) ==> is_frame(p);
    //@ assert apart: \forall integer t, i, p; covers(t, i, p) ==> !(t == table && i == slot) ==> covers{Pre}(t, i, p) && !(hfn <= p < hfn + 512) && is_frame(p);
    //@ assert kept: \forall integer t, i, p; covers(t, i, p) ==> !(t == table && i == slot) ==> frames[p] == \at(frames[p],Pre);
    //@ assert know: \forall integer t, i, p; covers(t, i, p) ==> !(t == table && i == slot) ==> frames[p].state == FRAME_OWNED && frames[p].owner == PARTITION_MANAGER && frames[p].owner_slot == slot_id(t, i);
    //@ assert runs: \forall integer t, i; is_tab(t, 1) ==> ix(i) ==> !(t == table && i == slot) ==> large(tables[t].entry[i]) ==> run(ent_hfn(tables[t].entry[i]), slot_id(t, i));
    //@ assert large: large_inv;
    //@ assert backp: \forall integer p; is_frame(p) ==> back_wf{Pre}(p);
    //@ assert backo: \forall integer p; is_frame(p) ==> !(hfn <= p < hfn + 512) ==> back_wf(p);
    //@ assert backh: \forall integer p; hfn <= p < hfn + 512 ==> back_wf(p);
    //@ assert backward: backward_inv;
    //@ assert stales: stale_inv;
    //@ assert residues: residue_inv;
    //@ assert held: \forall integer p, v; is_frame(p) ==> in_set(v) ==> holder(v, p) ==> holder{Pre}(v, p) || (v == PARTITION_MANAGER && hfn <= p < hfn + 512);
    //@ assert writes: writes_inv;
}

bool frame_large_grant(hfn_t hfn)
{
    uint32_t table;

    /* Are they aligned, RAM of the machine, and nobody's yet? */
    if (hfn % TABLE_SLOTS != 0 || hfn >= frame_limit || frame_limit - hfn < TABLE_SLOTS || !all_free(hfn)) {
        return false;
    }
    table = table_large_prepare(2u * PARTITION_MANAGER, hfn);
    //@ assert large: large_inv;
    //@ assert leaves: forward_inv;
    //@ assert halves: halves_inv;
    //@ assert backs: backward_inv;
    //@ assert home: home_inv;
    /* Is there a table for it, and is no leaf table in its place? */
    if (table == TABLE_NONE || tables[table].entry[hfn / TABLE_SLOTS % TABLE_SLOTS] != 0) {
        return false;
    }
    /* All checks passed: nothing below can fail. */
    take_run(hfn);
    //@ assert place: hfn == (table_tags[table].base * 512 + hfn / 512 % 512) * 512;
    map_run(table, (uint32_t)(hfn / TABLE_SLOTS % TABLE_SLOTS), hfn);
    //@ assert home_still: home_inv;
    return true;
}

/* Frame hfn + k knows slot k of leaf table `leaf`, for each of 512. */
/*@ requires limit_ok && hfn + 512 <= frame_limit && leaf < TABLES_MAX;
    assigns frames[0 .. FRAMES_MAX - 1];
    ensures others: same_frames_out{Pre,Post}(hfn, 512);
    ensures renamed: \forall integer p; hfn <= p < hfn + 512 ==> frames[p] == {\old(frames[p]) \with .owner_slot = (uint32_t)slot_id(leaf, p - hfn)};
*/
static void rename_run(hfn_t hfn, uint32_t leaf)
{
    /*@ loop invariant 0 <= k <= TABLE_SLOTS;
        loop invariant others: \forall integer p; is_frame(p) ==> !(hfn <= p < hfn + k) ==> frames[p] == \at(frames[p],Pre);
        loop invariant renamed: \forall integer p; hfn <= p < hfn + k ==> frames[p] == {\at(frames[p],Pre) \with .owner_slot = (uint32_t)slot_id(leaf, p - hfn)};
        loop assigns k, frames[0 .. FRAMES_MAX - 1];
        loop variant TABLE_SLOTS - k; */
    for (uint32_t k = 0; k < TABLE_SLOTS; k++) {
        frames[hfn + k].owner_slot = leaf * TABLE_SLOTS + k + 1u;
    }
}

/* The one place where a large leaf goes: slot `slot` of level-1 table `table`. */
/*@ requires sys_inv && home_inv;
    requires is_tab(table, 1) && ix(slot) && large(tables[table].entry[slot]);
    requires room: left(PARTITION_MANAGER) > 0;
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1],
            table_slices[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv && home_inv;
    ensures frames: renamed{Pre,Post};
    ensures others: same_slices_but{Pre,Post}(PARTITION_MANAGER);
    ensures tags: tags_kept{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures kept: \forall integer p; is_frame(p) ==> apart_slot{Pre}(p) ==> apart_slot(p);
    ensures small: \forall integer p; is_frame(p) ==> \old(frames[p].owner_slot) == slot_id(table, slot) ==> apart_slot(p);
*/
static void split_run(uint32_t table, uint32_t slot)
{
    hfn_t hfn = tables[table].entry[slot] / FRAME_SIZE;
    uint32_t leaf;

    //@ assert was: large_ok(tables[table].entry[slot], table, slot) && hfn == (table_tags[table].base * 512 + slot) * 512;
    //@ assert mine: run(hfn, slot_id(table, slot));
    //@ assert none: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> tables[t].entry[i] != 0 ==> !(hfn <= ent_hfn(tables[t].entry[i]) < hfn + 512);
    //@ assert inj: \forall integer u, j; 0 <= u ==> ix(j) ==> slot_id(u, j) == slot_id(table, slot) ==> u == table && j == slot;
    //@ assert covered: \forall integer t, i, p; covers(t, i, p) ==> frames[p].owner_slot == slot_id(t, i);
    //@ assert away: \forall integer t, i, p; covers(t, i, p) ==> !(t == table && i == slot) ==> !(hfn <= p < hfn + 512);
    //@ assert only: \forall integer p; is_frame(p) ==> frames[p].owner_slot == slot_id(table, slot) ==> hfn <= p < hfn + 512;
    leaf = table_large_split(table, slot);
    rename_run(hfn, leaf);
    //@ assert pieces: \forall integer i; ix(i) ==> ent_hfn(tables[leaf].entry[i]) == hfn + i && tables[leaf].entry[i] % 4096 == EPT_LEAF_SHARED;
    //@ assert policy: same_policy{Pre,Here};
    //@ assert frames: frames_inv;
    //@ assert forward_n: \forall integer i; ix(i) ==> leaf_ok(tables[leaf].entry[i], leaf, i);
    //@ assert was: \forall integer t, i; in_use(t) ==> t != leaf ==> ix(i) ==> in_use{Pre}(t) && table_tags[t] == \at(table_tags[t],Pre) && (!(t == table && i == slot) ==> tables[t].entry[i] == \at(tables[t].entry[i],Pre));
    //@ assert forward_p: \forall integer t, i; is_tab(t, 0) ==> t != leaf ==> ix(i) ==> tables[t].entry[i] != 0 ==> leaf_ok{Pre}(tables[t].entry[i], t, i) && frames[ent_hfn(tables[t].entry[i])] == \at(frames[ent_hfn(tables[t].entry[i])],Pre);
    //@ assert forward_o: \forall integer t, i; is_tab(t, 0) ==> t != leaf ==> ix(i) ==> tables[t].entry[i] != 0 ==> leaf_ok(tables[t].entry[i], t, i);
    //@ assert forward: forward_inv;
    //@ assert halves: halves_inv;
    //@ assert large_p: \forall integer t, i; is_tab(t, 1) ==> ix(i) ==> large(tables[t].entry[i]) ==> !(t == table && i == slot) && large_ok{Pre}(tables[t].entry[i], t, i);
    //@ assert apart: \forall integer t, i, p; is_tab(t, 1) ==> ix(i) ==> large(tables[t].entry[i]) ==> ent_hfn(tables[t].entry[i]) <= p < ent_hfn(tables[t].entry[i]) + 512 ==> covers{Pre}(t, i, p) && frames[p] == \at(frames[p],Pre);
    //@ assert runs: \forall integer t, i; is_tab(t, 1) ==> ix(i) ==> large(tables[t].entry[i]) ==> run(ent_hfn(tables[t].entry[i]), slot_id(t, i));
    //@ assert large: large_inv;
    //@ assert backp: \forall integer p; is_frame(p) ==> back_wf{Pre}(p);
    //@ assert slots: \forall integer p; hfn <= p < hfn + 512 ==> slot_t(frames[p].owner_slot) == leaf && slot_i(frames[p].owner_slot) == p - hfn && frames[p].owner_slot != 0;
    //@ assert wf_h: \forall integer p; hfn <= p < hfn + 512 ==> frames[p].owner == PARTITION_MANAGER && frames[p].borrower_slot == 0;
    //@ assert backh: \forall integer p; hfn <= p < hfn + 512 ==> back_wf(p);
    //@ assert backo: \forall integer p; is_frame(p) ==> !(hfn <= p < hfn + 512) ==> back_wf(p);
    //@ assert backward: backward_inv;
    //@ assert held: \forall integer p, v; is_frame(p) ==> in_set(v) ==> holder(v, p) ==> holder{Pre}(v, p);
    //@ assert writes: writes_inv;
    //@ assert home: home_inv;
}

bool frame_large_split(hfn_t hfn)
{
    uint32_t id = frames[hfn].owner_slot;
    uint32_t table = (id - 1u) / TABLE_SLOTS;

    //@ assert wf: back_wf(hfn) && slot_t(id) == table && slot_i(id) == (id - 1) % 512;
    if (table_tags[table].level == 1) {
        //@ assert leaf: back_large(id, hfn) && is_tab(table, 1) && slice_wf(PARTITION_MANAGER);
        /* Is there a table left? */
        if (table_slices[PARTITION_MANAGER].used == table_slices[PARTITION_MANAGER].count) {
            return false;
        }
        split_run(table, (id - 1u) % TABLE_SLOTS);
    }
    /* The walk passes where the leaf is: this refuses nothing. */
    return table_leaf(2u * PARTITION_MANAGER, hfn) != TABLE_NONE;
}
