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

/*@ ghost
  /@ requires places_inv && all_know;
     assigns \nothing;
     ensures large_inv; @/
  void large_still(void)
  {
    /@ assert run: \forall integer t, i; is_tab(t, 1) ==> ix(i) ==> large(tables[t].entry[i]) ==> run(ent_hfn(tables[t].entry[i]), slot_id(t, i)); @/
    return;
  }
*/

/*@ ghost
  void frame_no_large(uint32_t partition, uint64_t gfn)
  {
    /@ assert root: root_ok(2 * partition); @/
    /@ assert n3: \let t = table_roots[2 * partition]; tables[t].entry[ix3(gfn)] != 0 ==> nonleaf_wf(tables[t].entry[ix3(gfn)], t, ix3(gfn)); @/
    /@ assert n2: \let t = child(tables[table_roots[2 * partition]].entry[ix3(gfn)]); tables[table_roots[2 * partition]].entry[ix3(gfn)] != 0 ==> tables[t].entry[ix2(gfn)] != 0 ==> nonleaf_wf(tables[t].entry[ix2(gfn)], t, ix2(gfn)); @/
    /@ assert n1: \let u = child(tables[table_roots[2 * partition]].entry[ix3(gfn)]); \let m = child(tables[u].entry[ix2(gfn)]); tables[table_roots[2 * partition]].entry[ix3(gfn)] != 0 ==> tables[u].entry[ix2(gfn)] != 0 ==> is_tab(m, 1) && table_tags[m].space == 2 * partition && table_tags[m].base == ix3(gfn) * 512 + ix2(gfn); @/
    /@ assert l1: \let u = child(tables[table_roots[2 * partition]].entry[ix3(gfn)]); \let m = child(tables[u].entry[ix2(gfn)]); tables[table_roots[2 * partition]].entry[ix3(gfn)] != 0 ==> tables[u].entry[ix2(gfn)] != 0 ==> large(tables[m].entry[ix1(gfn)]) ==> large_ok(tables[m].entry[ix1(gfn)], m, ix1(gfn)); @/
    /@ assert c1: \let u = child(tables[table_roots[2 * partition]].entry[ix3(gfn)]); \let m = child(tables[u].entry[ix2(gfn)]); tables[table_roots[2 * partition]].entry[ix3(gfn)] != 0 ==> tables[u].entry[ix2(gfn)] != 0 ==> large(tables[m].entry[ix1(gfn)]) ==> partition == PARTITION_MANAGER && ent_hfn(tables[m].entry[ix1(gfn)]) == gfn / 512 * 512; @/
    /@ assert small: small(2 * partition, gfn); @/
    return;
  }
*/

uint32_t frame_prepare(uint32_t partition, gfn_t gfn)
{
    uint32_t table;

    //@ ghost frame_no_large(partition, gfn);
    table = table_prepare(2u * partition, gfn);
    //@ assert large: large_inv;
    //@ assert old: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> is_tab{Pre}(u, 0) && tables[u].entry[j] == \at(tables[u].entry[j],Pre) && table_tags[u] == \at(table_tags[u],Pre);
    //@ assert leaves: forward_inv;
    //@ assert halves: halves_inv;
    //@ assert large_slots: \forall integer s; 0 < s ==> is_tab{Pre}(slot_t(s), 1) ==> large(\at(tables[slot_t(s)].entry[slot_i(s)],Pre)) ==> is_tab(slot_t(s), 1) && table_tags[slot_t(s)] == \at(table_tags[slot_t(s)],Pre) && tables[slot_t(s)].entry[slot_i(s)] == \at(tables[slot_t(s)].entry[slot_i(s)],Pre);
    //@ assert slots: \forall integer s; 0 < s ==> is_tab{Pre}(slot_t(s), 0) ==> is_tab(slot_t(s), 0) && table_tags[slot_t(s)] == \at(table_tags[slot_t(s)],Pre) && tables[slot_t(s)].entry[slot_i(s)] == \at(tables[slot_t(s)].entry[slot_i(s)],Pre);
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
    //@ assert knew: all_know;
    //@ assert away: \forall integer t, i; !covers(t, i, hfn);
    //@ assert entry: leaf_for(hfn * 4096 + flags, table_tags[table].space) && ent_hfn(hfn * 4096 + flags) == hfn && (hfn * 4096 + flags) % 4096 == flags;
    slot_note(partition, hfn, table * TABLE_SLOTS + slot + 1u);
    table_set(table, slot, hfn * FRAME_SIZE + flags);
    //@ ghost residue[hfn].of[partition] = 1;
    //@ assert policy: same_policy{Pre,Here};
    //@ assert frames: frames_inv;
    //@ assert rest: \forall integer p; is_frame(p) ==> p != hfn ==> frames[p] == \at(frames[p],Pre);
    //@ assert forward_n: leaf_ok(tables[table].entry[slot], table, slot);
    //@ assert forward_p: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> !(t == table && i == slot) ==> tables[t].entry[i] != 0 ==> tables[t].entry[i] == \at(tables[t].entry[i],Pre) && leaf_ok{Pre}(tables[t].entry[i], t, i);
    //@ assert forward_o: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> !(t == table && i == slot) ==> tables[t].entry[i] != 0 ==> leaf_ok(tables[t].entry[i], t, i);
    //@ assert forward: forward_inv;
    //@ assert halves: halves_inv;
    //@ assert covered: \forall integer t, i, p; covers(t, i, p) ==> covers{Pre}(t, i, p) && is_frame(p) && frames[p] == \at(frames[p],Pre);
    //@ assert places: places_inv;
    //@ assert known: all_know;
    //@ ghost large_still();
    //@ assert large: large_inv;
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
    frame_map(table, (uint32_t)(hfn % TABLE_SLOTS), hfn, EPT_LEAF_SHARED);
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
    //@ assert knew: all_know;
    //@ assert large: \forall integer t, i; !covers(t, i, hfn);
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
    //@ assert same: \forall integer u, j; in_use(u) ==> ix(j) ==> !(u == table && j == slot) ==> tables[u].entry[j] == \at(tables[u].entry[j],Pre);
    //@ assert forward1: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> leaf_ok{Pre}(tables[u].entry[j], u, j) && slot_id(u, j) != id;
    //@ assert rest: \forall integer p; is_frame(p) ==> p != hfn ==> frames[p] == \at(frames[p],Pre);
    //@ assert forwardp: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) != hfn ==> is_frame(ent_hfn(tables[u].entry[j])) && frames[ent_hfn(tables[u].entry[j])] == \at(frames[ent_hfn(tables[u].entry[j])],Pre) && leaf_ok{Pre}(tables[u].entry[j], u, j);
    //@ assert forwardk: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) != hfn ==> leaf_kind(tables[u].entry[j] % 4096, ent_hfn(tables[u].entry[j])) && table_tags[u].space % 2 == 0;
    //@ assert forwardl: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) != hfn ==> (part(table_tags[u].space) == PARTITION_MANAGER ==> ent_hfn(tables[u].entry[j]) == table_tags[u].base * 512 + j);
    //@ assert forwardm: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) != hfn ==> (owns(part(table_tags[u].space), ent_hfn(tables[u].entry[j])) && frames[ent_hfn(tables[u].entry[j])].owner_slot == slot_id(u, j)) || (borrows(part(table_tags[u].space), ent_hfn(tables[u].entry[j])) && frames[ent_hfn(tables[u].entry[j])].borrower_slot == slot_id(u, j));
    //@ assert forwardo: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) != hfn ==> leaf_ok(tables[u].entry[j], u, j);
    //@ assert forwardh: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) == hfn ==> leaf_ok(tables[u].entry[j], u, j);
    //@ assert forward: forward_inv;
    //@ assert halves: halves_inv;
    //@ assert covered: \forall integer t, i, p; covers(t, i, p) ==> covers{Pre}(t, i, p) && is_frame(p) && frames[p] == \at(frames[p],Pre);
    //@ assert places: places_inv;
    //@ assert known: all_know;
    //@ ghost large_still();
    //@ assert larges: large_inv;
    //@ assert backp: \forall integer p; is_frame(p) ==> p != hfn ==> back_wf{Pre}(p);
    //@ assert backo1: \forall integer p; is_frame(p) ==> p != hfn ==> back(frames[p].owner_slot, frames[p].owner, p) || (frames[p].owner == PARTITION_MANAGER && back_large(frames[p].owner_slot, p));
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
    //@ assert knew: all_know;
    //@ assert large: \forall integer t, i; !covers(t, i, hfn);
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
    //@ assert same: \forall integer u, j; in_use(u) ==> ix(j) ==> !(u == table && j == slot) ==> tables[u].entry[j] == \at(tables[u].entry[j],Pre);
    //@ assert forward1: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> leaf_ok{Pre}(tables[u].entry[j], u, j) && slot_id(u, j) != id;
    //@ assert rest: \forall integer p; is_frame(p) ==> p != hfn ==> frames[p] == \at(frames[p],Pre);
    //@ assert forwardp: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) != hfn ==> is_frame(ent_hfn(tables[u].entry[j])) && frames[ent_hfn(tables[u].entry[j])] == \at(frames[ent_hfn(tables[u].entry[j])],Pre) && leaf_ok{Pre}(tables[u].entry[j], u, j);
    //@ assert forwardk: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) != hfn ==> leaf_kind(tables[u].entry[j] % 4096, ent_hfn(tables[u].entry[j])) && table_tags[u].space % 2 == 0;
    //@ assert forwardl: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) != hfn ==> (part(table_tags[u].space) == PARTITION_MANAGER ==> ent_hfn(tables[u].entry[j]) == table_tags[u].base * 512 + j);
    //@ assert forwardm: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) != hfn ==> (owns(part(table_tags[u].space), ent_hfn(tables[u].entry[j])) && frames[ent_hfn(tables[u].entry[j])].owner_slot == slot_id(u, j)) || (borrows(part(table_tags[u].space), ent_hfn(tables[u].entry[j])) && frames[ent_hfn(tables[u].entry[j])].borrower_slot == slot_id(u, j));
    //@ assert forwardo: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) != hfn ==> leaf_ok(tables[u].entry[j], u, j);
    //@ assert forwardw: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) == hfn ==> owns{Pre}(part(table_tags[u].space), hfn) && \at(frames[hfn].owner_slot,Pre) == slot_id(u, j) && leaf_kind{Pre}(tables[u].entry[j] % 4096, hfn);
    //@ assert forwardh: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> ent_hfn(tables[u].entry[j]) == hfn ==> leaf_ok(tables[u].entry[j], u, j);
    //@ assert forward: forward_inv;
    //@ assert halves: halves_inv;
    //@ assert covered: \forall integer t, i, p; covers(t, i, p) ==> covers{Pre}(t, i, p) && is_frame(p) && frames[p] == \at(frames[p],Pre);
    //@ assert places: places_inv;
    //@ assert known: all_know;
    //@ ghost large_still();
    //@ assert larges: large_inv;
    //@ assert backp: \forall integer p; is_frame(p) ==> p != hfn ==> back_wf{Pre}(p);
    //@ assert backo1: \forall integer p; is_frame(p) ==> p != hfn ==> back(frames[p].owner_slot, frames[p].owner, p) || (frames[p].owner == PARTITION_MANAGER && back_large(frames[p].owner_slot, p));
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
    //@ assert away: \forall integer t, i; !covers(t, i, hfn);
    frames[hfn].owner = owner;
    //@ assert frames: frames_inv;
    //@ assert forward: forward_inv;
    //@ assert halves: halves_inv;
    //@ assert large: large_inv;
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
    //@ assert away: \forall integer t, i; !covers(t, i, hfn);
    frames[hfn].state = FRAME_SHARED;
    frames[hfn].borrower = PARTITION_MANAGER;
    //@ assert frames: frames_inv;
    //@ assert forward: forward_inv;
    //@ assert halves: halves_inv;
    //@ assert large: large_inv;
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
    //@ assert away: \forall integer t, i; !covers(t, i, hfn);
    frames[hfn].state = FRAME_OWNED;
    frames[hfn].borrower = PARTITION_CORE;
    //@ assert frames: frames_inv;
    //@ assert forward: forward_inv;
    //@ assert halves: halves_inv;
    //@ assert large: large_inv;
    //@ assert backward: backward_inv;
    //@ assert unstale: \forall integer v; in_set(v) ==> !stale(v, hfn);
    //@ assert stales: stale_inv;
    //@ assert residues: residue_inv;
    //@ assert writes: writes_inv;
}

void frame_take(hfn_t hfn)
{
    //@ assert wf: frame_wf(frames[hfn]);
    //@ assert none: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> tables[t].entry[i] != 0 ==> ent_hfn(tables[t].entry[i]) != hfn;
    //@ assert away: \forall integer t, i; !covers(t, i, hfn);
    //@ assert nobody: \forall integer v; in_set(v) ==> !may_access(v, hfn);
    frames[hfn].owner = PARTITION_MANAGER;
    frames[hfn].state = FRAME_OWNED;
    //@ assert frames: frames_inv;
    //@ assert forward: forward_inv;
    //@ assert halves: halves_inv;
    //@ assert large: large_inv;
    //@ assert backward: backward_inv;
    //@ assert stales: stale_inv;
    //@ assert residues: residue_inv;
    //@ assert writes: writes_inv;
}
