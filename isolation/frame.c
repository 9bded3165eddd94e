/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/frame.h"

#include "arch/x86_64/window.h"
#include "ept/ept_flush.h"
#include "iommu/iommu_flush.h"
#include "isolation/trusted.h"

uint64_t frame_limit;
hfn_t frame_batch[FRAME_BATCH_MAX];

/*@ requires hfn < FRAMES_MAX;
    assigns frames[hfn];
    ensures frame_wf(frames[hfn]) && frames[hfn].state == FRAME_FREE;
*/
static void frame_reset(hfn_t hfn)
{
    frames[hfn].owner = PARTITION_CORE;
    frames[hfn].state = FRAME_FREE;
    frames[hfn].borrower = PARTITION_CORE;
    frames[hfn].owner_slot = 0;
    frames[hfn].borrower_slot = 0;
    frames[hfn].owner_dma_slot = 0;
    frames[hfn].borrower_dma_slot = 0;
    frames[hfn].reserved = 0;
}

void frame_init(uint64_t limit)
{
    frame_limit = limit;
    /*@ loop invariant 0 <= p <= limit;
        loop invariant \forall integer q; 0 <= q < p ==> frame_wf(frames[q]) && frames[q].state == FRAME_FREE;
        loop assigns p, frames[0 .. FRAMES_MAX - 1];
        loop variant limit - p; */
    for (uint64_t p = 0; p < limit; p++) {
        frame_reset(p);
    }
}

bool frame_is_owned(hfn_t hfn, uint32_t owner)
{
    return frames[hfn].state == FRAME_OWNED && frames[hfn].owner == owner && frames[hfn].owner_slot != 0;
}

uint32_t frame_prepare(uint32_t partition, gfn_t gfn)
{
    uint32_t table = table_prepare(2u * partition, gfn);

    //@ assert leaves: forward_inv;
    //@ assert backs: backward_inv;
    return table;
}

/* Writes the slot's number into the frame: the owner's or the borrower's. */
/*@ requires hfn < FRAMES_MAX;
    assigns frames[hfn];
    ensures \old(frames[hfn].owner) == partition ?
      frames[hfn] == {\old(frames[hfn]) \with .owner_slot = id} :
      frames[hfn] == {\old(frames[hfn]) \with .borrower_slot = id};
*/
static void slot_note(uint32_t partition, hfn_t hfn, uint32_t id)
{
    if (frames[hfn].owner == partition) {
        frames[hfn].owner_slot = id;
    } else {
        frames[hfn].borrower_slot = id;
    }
}

void frame_map(uint32_t table, uint32_t slot, hfn_t hfn, uint64_t flags)
{
    uint32_t partition = table_tags[table].space / 2u;

    //@ assert wf: frame_wf(frames[hfn]) && back_wf(hfn);
    //@ assert free: \forall integer p; is_frame(p) ==> frames[p].owner_slot != slot_id(table, slot) && frames[p].borrower_slot != slot_id(table, slot);
    //@ assert none: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> table_tags[t].space == 2 * partition ==> tables[t].entry[i] != 0 ==> ent_hfn(tables[t].entry[i]) != hfn;
    slot_note(partition, hfn, table * TABLE_SLOTS + slot + 1u);
    table_set(table, slot, hfn * FRAME_SIZE + flags);
    //@ ghost residue[hfn].of[partition] = 1;
    //@ assert policy: same_policy{Pre,Here};
    //@ assert frames: frames_inv;
    //@ assert forward: forward_inv;
    //@ assert rest: \forall integer p; is_frame(p) ==> p != hfn ==> frames[p] == \at(frames[p],Pre);
    //@ assert kept: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> \at(tables[u].entry[j],Pre) != 0 ==> tables[u].entry[j] == \at(tables[u].entry[j],Pre);
    //@ assert backp: \forall integer p; is_frame(p) ==> back_wf{Pre}(p);
    //@ assert backo: \forall integer p; is_frame(p) ==> p != hfn ==> back_wf(p);
    //@ assert backh: back_wf(hfn);
    //@ assert backward: backward_inv;
    //@ assert mine: may_access(partition, hfn) && in_set(partition);
    //@ assert stales: stale_inv;
    //@ assert residues: residue_inv;
    //@ assert held: \forall integer p, v; is_frame(p) ==> in_set(v) ==> holder(v, p) ==> holder{Pre}(v, p) || (v == partition && p == hfn);
    //@ assert writes: writes_inv;
}

void frame_place(uint32_t partition, gfn_t gfn, hfn_t hfn, uint64_t flags)
{
    uint32_t table = table_leaf(2u * partition, gfn);

    //@ assert empty: tables[table].entry[ix0(gfn)] == 0;
    //@ assert place: table_tags[table].base * 512 + ix0(gfn) == gfn;
    frame_map(table, (uint32_t)(gfn % TABLE_SLOTS), hfn, flags);
}

void frame_place_home(hfn_t hfn)
{
    uint32_t table = table_leaf(2u * PARTITION_MANAGER, hfn);

    //@ assert place: table_tags[table].base * 512 + ix0(hfn) == hfn && part(table_tags[table].space) == PARTITION_MANAGER;
    //@ assert leaf: tables[table].entry[ix0(hfn)] != 0 ==> leaf_ok(tables[table].entry[ix0(hfn)], table, ix0(hfn));
    //@ assert empty: tables[table].entry[ix0(hfn)] == 0;
    frame_map(table, (uint32_t)(hfn % TABLE_SLOTS), hfn,
              frames[hfn].state == FRAME_SHARED ? EPT_LEAF_SHARED : EPT_LEAF_OWNED);
}

void frame_unmap_owner(hfn_t hfn)
{
    uint32_t id = frames[hfn].owner_slot;
    uint32_t table = (id - 1u) / TABLE_SLOTS, slot = (id - 1u) % TABLE_SLOTS;

    //@ assert wf: frame_wf(frames[hfn]) && back_wf(hfn);
    //@ assert slot: is_tab(table, 0) && ix(slot) && slot_id(table, slot) == id && slot_t(id) == table && slot_i(id) == slot;
    //@ assert leaf: leaf_ok(tables[table].entry[slot], table, slot) && ent_hfn(tables[table].entry[slot]) == hfn;
    //@ assert whose: table_tags[table].space == 2 * frames[hfn].owner;
    //@ assert held: holder(frames[hfn].owner, hfn) && in_set(frames[hfn].owner) && may_access(frames[hfn].owner, hfn);
    //@ assert only: \forall integer p; is_frame(p) ==> (p != hfn ==> frames[p].owner_slot != id) && frames[p].borrower_slot != id;
    //@ assert inj: \forall integer u, j; 0 <= u ==> ix(j) ==> slot_id(u, j) == id ==> u == table && j == slot;
    //@ assert inj2: \forall integer x; 0 < x ==> slot_t(x) == table ==> slot_i(x) == slot ==> x == id;
    //@ assert leaves: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> !(u == table && j == slot) ==> leaf_ok(tables[u].entry[j], u, j) && slot_id(u, j) != id;
    //@ assert away: \forall integer p; is_frame(p) ==> p != hfn ==> frames[p].owner_slot != 0 ==> !(slot_t(frames[p].owner_slot) == table && slot_i(frames[p].owner_slot) == slot);
    //@ assert awayo: \forall integer p; is_frame(p) ==> frames[p].borrower_slot != 0 ==> !(slot_t(frames[p].borrower_slot) == table && slot_i(frames[p].borrower_slot) == slot);
    table_set(table, slot, 0);
    frames[hfn].owner_slot = 0;
    //@ ghost cpu_stale[hfn].of[frames[hfn].owner] = 1;
    //@ assert policy: \forall integer v, p; may_access{Pre}(v, p) <==> may_access(v, p);
    //@ assert stale1: \forall integer p, v; is_frame(p) ==> in_set(v) ==> stale(v, p) ==> stale{Pre}(v, p) || (p == hfn && v == frames[hfn].owner);
    //@ assert stales: stale_inv;
    //@ assert residues: residue_inv;
    //@ assert fewer: \forall integer p, v; is_frame(p) ==> in_set(v) ==> holder(v, p) ==> holder{Pre}(v, p);
    //@ assert writes: writes_inv;
    //@ assert frames: frames_inv;
    //@ assert same: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> !(u == table && j == slot) ==> tables[u].entry[j] == \at(tables[u].entry[j],Pre);
    //@ assert forward1: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> leaf_ok{Pre}(tables[u].entry[j], u, j) && slot_id(u, j) != id;
    //@ assert rest: \forall integer p; is_frame(p) ==> p != hfn ==> frames[p] == \at(frames[p],Pre);
    //@ assert forwardo: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) != hfn ==> leaf_ok(tables[u].entry[j], u, j);
    //@ assert forwardh: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) == hfn ==> leaf_ok(tables[u].entry[j], u, j);
    //@ assert forward: forward_inv;
    //@ assert backp: \forall integer p; is_frame(p) ==> p != hfn ==> back_wf{Pre}(p);
    //@ assert backo1: \forall integer p; is_frame(p) ==> p != hfn ==> back(frames[p].owner_slot, frames[p].owner, p);
    //@ assert backo2: \forall integer p; is_frame(p) ==> p != hfn ==> back(frames[p].borrower_slot, frames[p].borrower, p);
    //@ assert backo: \forall integer p; is_frame(p) ==> p != hfn ==> back_wf(p);
    //@ assert backh: back_wf(hfn);
    //@ assert backward: backward_inv;
}

void frame_unmap_borrower(hfn_t hfn)
{
    uint32_t id = frames[hfn].borrower_slot;
    uint32_t table = (id - 1u) / TABLE_SLOTS, slot = (id - 1u) % TABLE_SLOTS;

    //@ assert wf: frame_wf(frames[hfn]) && back_wf(hfn);
    //@ assert slot: is_tab(table, 0) && ix(slot) && slot_id(table, slot) == id && slot_t(id) == table && slot_i(id) == slot;
    //@ assert leaf: leaf_ok(tables[table].entry[slot], table, slot) && ent_hfn(tables[table].entry[slot]) == hfn;
    //@ assert whose: table_tags[table].space == 2 * frames[hfn].borrower;
    //@ assert held: holder(frames[hfn].borrower, hfn) && in_set(frames[hfn].borrower) && may_access(frames[hfn].borrower, hfn);
    //@ assert only: \forall integer p; is_frame(p) ==> (p != hfn ==> frames[p].borrower_slot != id) && frames[p].owner_slot != id;
    //@ assert inj: \forall integer u, j; 0 <= u ==> ix(j) ==> slot_id(u, j) == id ==> u == table && j == slot;
    //@ assert inj2: \forall integer x; 0 < x ==> slot_t(x) == table ==> slot_i(x) == slot ==> x == id;
    //@ assert leaves: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> !(u == table && j == slot) ==> leaf_ok(tables[u].entry[j], u, j) && slot_id(u, j) != id;
    //@ assert away: \forall integer p; is_frame(p) ==> p != hfn ==> frames[p].borrower_slot != 0 ==> !(slot_t(frames[p].borrower_slot) == table && slot_i(frames[p].borrower_slot) == slot);
    //@ assert awayo: \forall integer p; is_frame(p) ==> frames[p].owner_slot != 0 ==> !(slot_t(frames[p].owner_slot) == table && slot_i(frames[p].owner_slot) == slot);
    table_set(table, slot, 0);
    frames[hfn].borrower_slot = 0;
    //@ ghost cpu_stale[hfn].of[frames[hfn].borrower] = 1;
    //@ assert policy: \forall integer v, p; may_access{Pre}(v, p) <==> may_access(v, p);
    //@ assert stale1: \forall integer p, v; is_frame(p) ==> in_set(v) ==> stale(v, p) ==> stale{Pre}(v, p) || (p == hfn && v == frames[hfn].borrower);
    //@ assert stales: stale_inv;
    //@ assert residues: residue_inv;
    //@ assert fewer: \forall integer p, v; is_frame(p) ==> in_set(v) ==> holder(v, p) ==> holder{Pre}(v, p);
    //@ assert writes: writes_inv;
    //@ assert frames: frames_inv;
    //@ assert same: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> !(u == table && j == slot) ==> tables[u].entry[j] == \at(tables[u].entry[j],Pre);
    //@ assert forward1: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> leaf_ok{Pre}(tables[u].entry[j], u, j) && slot_id(u, j) != id;
    //@ assert rest: \forall integer p; is_frame(p) ==> p != hfn ==> frames[p] == \at(frames[p],Pre);
    //@ assert forwardo: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) != hfn ==> leaf_ok(tables[u].entry[j], u, j);
    //@ assert forwardh: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) == hfn ==> leaf_ok(tables[u].entry[j], u, j);
    //@ assert forward: forward_inv;
    //@ assert backp: \forall integer p; is_frame(p) ==> p != hfn ==> back_wf{Pre}(p);
    //@ assert backo1: \forall integer p; is_frame(p) ==> p != hfn ==> back(frames[p].owner_slot, frames[p].owner, p);
    //@ assert backo2: \forall integer p; is_frame(p) ==> p != hfn ==> back(frames[p].borrower_slot, frames[p].borrower, p);
    //@ assert backo: \forall integer p; is_frame(p) ==> p != hfn ==> back_wf(p);
    //@ assert backh: back_wf(hfn);
    //@ assert backward: backward_inv;
}

void frame_flush(uint32_t partition)
{
    ept_flush_cpus(partition);
    iommu_flush_partition(partition);
}

void frame_scrub(hfn_t hfn)
{
    window_scrub(hfn);
}

/*@ ghost
  /@ requires p < FRAMES_MAX && in_set(v);
     assigns residue[p].of[v];
     ensures residue[p].of[v] == 0; @/
  void disclosed(uint64_t p, uint32_t v) { residue[p].of[v] = 0; }
*/

void frame_keep(hfn_t hfn)
{
    (void)hfn;
    //@ ghost disclosed(hfn, PARTITION_MANAGER);
}

void frame_give(hfn_t hfn, uint32_t owner)
{
    //@ assert wf: frame_wf(frames[hfn]) && in_set(frames[hfn].owner) && in_set(PARTITION_MANAGER);
    //@ assert own: !holder(frames[hfn].owner, hfn) && !holder(PARTITION_MANAGER, hfn);
    //@ assert slots: frames[hfn].owner_slot == 0 && frames[hfn].borrower_slot == 0;
    //@ assert none: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> tables[t].entry[i] != 0 ==> ent_hfn(tables[t].entry[i]) != hfn;
    frames[hfn].owner = owner;
    //@ assert frames: frames_inv;
    //@ assert forward: forward_inv;
    //@ assert backward: backward_inv;
    //@ assert unstale: \forall integer v; in_set(v) ==> !stale(v, hfn);
    //@ assert stales: stale_inv;
    //@ assert residues: residue_inv;
    //@ assert writes: writes_inv;
}

void frame_lend(hfn_t hfn)
{
    //@ assert wf: frame_wf(frames[hfn]) && in_set(frames[hfn].owner) && in_set(PARTITION_MANAGER);
    //@ assert own: !holder(frames[hfn].owner, hfn) && !holder(PARTITION_MANAGER, hfn);
    //@ assert slots: frames[hfn].owner_slot == 0 && frames[hfn].borrower_slot == 0;
    //@ assert none: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> tables[t].entry[i] != 0 ==> ent_hfn(tables[t].entry[i]) != hfn;
    frames[hfn].state = FRAME_SHARED;
    frames[hfn].borrower = PARTITION_MANAGER;
    //@ assert frames: frames_inv;
    //@ assert forward: forward_inv;
    //@ assert backward: backward_inv;
    //@ assert unstale: \forall integer v; in_set(v) ==> !stale(v, hfn);
    //@ assert stales: stale_inv;
    //@ assert residues: residue_inv;
    //@ assert writes: writes_inv;
}

void frame_take_back(hfn_t hfn)
{
    //@ assert wf: frame_wf(frames[hfn]) && in_set(frames[hfn].owner) && in_set(PARTITION_MANAGER);
    //@ assert own: !holder(frames[hfn].owner, hfn) && !holder(PARTITION_MANAGER, hfn);
    //@ assert slots: frames[hfn].owner_slot == 0 && frames[hfn].borrower_slot == 0;
    //@ assert none: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> tables[t].entry[i] != 0 ==> ent_hfn(tables[t].entry[i]) != hfn;
    frames[hfn].state = FRAME_OWNED;
    frames[hfn].borrower = PARTITION_CORE;
    //@ assert frames: frames_inv;
    //@ assert forward: forward_inv;
    //@ assert backward: backward_inv;
    //@ assert unstale: \forall integer v; in_set(v) ==> !stale(v, hfn);
    //@ assert stales: stale_inv;
    //@ assert residues: residue_inv;
    //@ assert writes: writes_inv;
}

/* FREE => OWNED by the manager, not yet mapped. */
/*@ requires sys_inv && hfn < frame_limit && frames[hfn].state == FRAME_FREE;
    assigns frames[hfn];
    ensures inv: sys_inv;
    ensures entry: frames[hfn] == {\old(frames[hfn]) \with .state = (uint32_t)FRAME_OWNED, .owner = (uint32_t)PARTITION_MANAGER};
    ensures held: !mapped(PARTITION_MANAGER, hfn);
    ensures absent: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> tables[t].entry[i] != 0 ==> ent_hfn(tables[t].entry[i]) != hfn;
*/
static void take_free(hfn_t hfn)
{
    //@ assert wf: frame_wf(frames[hfn]);
    //@ assert none: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> tables[t].entry[i] != 0 ==> ent_hfn(tables[t].entry[i]) != hfn;
    //@ assert nobody: \forall integer v; in_set(v) ==> !may_access(v, hfn);
    frames[hfn].owner = PARTITION_MANAGER;
    frames[hfn].state = FRAME_OWNED;
    //@ assert frames: frames_inv;
    //@ assert forward: forward_inv;
    //@ assert backward: backward_inv;
    //@ assert stales: stale_inv;
    //@ assert residues: residue_inv;
    //@ assert writes: writes_inv;
}

/* Grants a FREE frame that leaf table `table` of the manager covers. */
/*@ requires sys_inv && hfn < frame_limit && frames[hfn].state == FRAME_FREE;
    requires is_tab(table, 0) && table_tags[table].space == 2 * PARTITION_MANAGER && table_tags[table].base == hfn / 512;
    assigns frames[hfn], tables[0 .. TABLES_MAX - 1], residue[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures granted: frames[hfn].state == FRAME_OWNED && frames[hfn].owner == PARTITION_MANAGER;
    ensures paths: same_paths{Pre,Post};
*/
static void grant_one(uint32_t table, hfn_t hfn)
{
    take_free(hfn);
    //@ assert place: table_tags[table].base * 512 + ix0(hfn) == hfn && part(table_tags[table].space) == PARTITION_MANAGER;
    //@ assert empty: tables[table].entry[ix0(hfn)] == 0;
    frame_map(table, (uint32_t)(hfn % TABLE_SLOTS), hfn, EPT_LEAF_OWNED);
}

/* Grants count frames that one leaf table of the manager covers. */
/*@ requires sys_inv && home_inv && has_root(2 * PARTITION_MANAGER);
    requires first + count <= frame_limit && 1 <= count && first % 512 + count <= 512;
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1],
            table_slices[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv && home_inv;
    ensures others: \forall integer p; is_frame(p) ==> !(first <= p < first + count) ==> frames[p] == \old(frames[p]);
    ensures granted: \result ==> \forall integer p; first <= p < first + count ==> frames[p].state == FRAME_OWNED && frames[p].owner == PARTITION_MANAGER;
*/
static bool grant_run(hfn_t first, uint64_t count)
{
    uint32_t table = frame_prepare(PARTITION_MANAGER, first);

    /* Is there a table left? */
    if (table == TABLE_NONE) {
        return false;
    }
    //@ assert low: \forall integer g; 0 <= g ==> g / 512 == first / 512 ==> path(2 * PARTITION_MANAGER, g) == path(2 * PARTITION_MANAGER, first);
    /*@ loop invariant 0 <= k <= count;
        loop invariant sys_inv;
        loop invariant home: home_inv;
        loop invariant leaf: path(2 * PARTITION_MANAGER, first) == table && \forall integer g; 0 <= g ==> g / 512 == first / 512 ==> path(2 * PARTITION_MANAGER, g) == table;
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
        grant_one(table, hfn);
        //@ assert here: path(2 * PARTITION_MANAGER, hfn) == table && table >= 0;
        //@ assert rest: \forall integer p; is_frame(p) ==> p != hfn ==> frames[p] == \at(frames[p],LoopCurrent);
        //@ assert home_h: \forall integer p; p == hfn ==> path(2 * PARTITION_MANAGER, p) >= 0;
        //@ assert home_o: \forall integer p; is_frame(p) ==> p != hfn ==> frames[p].state != FRAME_FREE ==> path(2 * PARTITION_MANAGER, p) >= 0;
        //@ assert home: home_inv;
    }
    return true;
}

bool frame_grant(hfn_t first, uint64_t count)
{
    hfn_t next = first;
    hfn_t end;

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
        if (!grant_run(next, run)) {
            return false;
        }
        next += run;
    }
    return true;
}
