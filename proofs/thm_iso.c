/* SPDX-License-Identifier: Apache-2.0 */
/* The theorem of isolation, as a proof driver: never linked.  It follows from the invariant alone, which every
 * operation keeps. */
#include "ept/table.h"
#include "ept/table_large.h"
#include "iommu/vtd_links.h"
#include "isolation/invariant.h"

/*
 * Whatever the hardware can reach for partition v at guest frame g is a frame that v owns or borrows, with the rights its
 * state gives; the manager's are at their own numbers, a guest's are its own, with the shared bit those that it shares and no
 * others; a frame has one place in a partition; the core's frames have none.
 */
/*@ requires sys_inv;
    requires is_partition(v) && g < GFN_LIMIT && h < GFN_LIMIT;
    assigns \nothing;
    ensures isolation: walk(2 * v, g) != 0 ==> may_access(v, ent_hfn(walk(2 * v, g)));
    ensures rights: walk(2 * v, g) != 0 ==> leaf_kind(walk(2 * v, g) % 4096, ent_hfn(walk(2 * v, g)));
    ensures halves: v != PARTITION_MANAGER ==> walk(2 * v, g) != 0 ==>
      (g >= shared_bit_gfn <==> frames[ent_hfn(walk(2 * v, g))].state == FRAME_SHARED) && frames[ent_hfn(walk(2 * v, g))].owner == v;
    ensures core: walk(2 * v, g) != 0 ==> frames[ent_hfn(walk(2 * v, g))].state != FRAME_FREE;
    ensures dma: walk(2 * v + 1, g) == 0;
    ensures identity: v == PARTITION_MANAGER ==> walk(2 * v, g) != 0 ==> ent_hfn(walk(2 * v, g)) == g;
    ensures one_place: walk(2 * v, g) != 0 ==> walk(2 * v, h) != 0 ==> ent_hfn(walk(2 * v, g)) == ent_hfn(walk(2 * v, h)) ==> g == h;
    ensures past: \forall integer w, p; in_set(w) ==> is_frame(p) ==> stale(w, p) ==> may_access(w, p);
    ensures no_residue: \forall integer w, p; in_set(w) ==> is_frame(p) ==> residue[p].of[w] != 0 ==> may_access(w, p);
*/
void thm_isolation(uint32_t v, uint64_t g, uint64_t h)
{
    uint32_t s = table_leaf(2u * v, g), t = table_leaf(2u * v, h), d = table_leaf(2u * v + 1u, g);
    uint32_t l = table_roots[2u * v] == TABLE_NONE ? TABLE_NONE : table_large_find(2u * v, g);
    uint32_t m = table_roots[2u * v] == TABLE_NONE ? TABLE_NONE : table_large_find(2u * v, h);
    uint32_t n = table_roots[2u * v + 1u] == TABLE_NONE ? TABLE_NONE : table_large_find(2u * v + 1u, g);
    //@ assert gl: l != TABLE_NONE ==> large(tables[l].entry[ix1(g)]) ==> large_ok(tables[l].entry[ix1(g)], l, ix1(g)) && walk(2 * v, g) == piece(tables[l].entry[ix1(g)], ix0(g)) && ent_hfn(walk(2 * v, g)) == g;
    //@ assert hl: m != TABLE_NONE ==> large(tables[m].entry[ix1(h)]) ==> large_ok(tables[m].entry[ix1(h)], m, ix1(h)) && walk(2 * v, h) == piece(tables[m].entry[ix1(h)], ix0(h)) && ent_hfn(walk(2 * v, h)) == h;
    //@ assert dl: n != TABLE_NONE ==> !large(tables[n].entry[ix1(g)]);
    //@ assert gs: walk(2 * v, g) != 0 ==> s == TABLE_NONE ==> l != TABLE_NONE && large(tables[l].entry[ix1(g)]);
    //@ assert hs: walk(2 * v, h) != 0 ==> t == TABLE_NONE ==> m != TABLE_NONE && large(tables[m].entry[ix1(h)]);
    //@ assert ds: d == TABLE_NONE ==> walk(2 * v + 1, g) == 0;
    //@ assert g0: s != TABLE_NONE ==> tables[s].entry[ix0(g)] != 0 ==> leaf_ok(tables[s].entry[ix0(g)], s, ix0(g));
    //@ assert h0: t != TABLE_NONE ==> tables[t].entry[ix0(h)] != 0 ==> leaf_ok(tables[t].entry[ix0(h)], t, ix0(h));
    //@ assert d0: d != TABLE_NONE ==> tables[d].entry[ix0(g)] == 0;
    //@ assert jg: s != TABLE_NONE ==> table_tags[s].base * 512 + ix0(g) == g;
    //@ assert jh: t != TABLE_NONE ==> table_tags[t].base * 512 + ix0(h) == h;
    //@ assert half: v != PARTITION_MANAGER ==> s != TABLE_NONE ==> tables[s].entry[ix0(g)] != 0 ==> half_ok(tables[s].entry[ix0(g)] % 4096, v, g) && frame_wf(frames[ent_hfn(tables[s].entry[ix0(g)])]);
}

/*@ // What a unit does with the domain of a guest: the walk from its links (iommu/vtd_links.h) on.
    logic integer dma_walk{L}(integer d, integer g) = \at(vtd_links[d].entry[ix2(g)],L) == 0 ? 0 :
      walk1{L}(child{L}(\at(vtd_links[d].entry[ix2(g)],L)), ix1(g), ix0(g));
*/

/* Where link i of a domain stands in the guest's EPT. */
/*@ requires g < VTD_LINKS_FRAMES && shared_ok(s) && g / VTD_LINK_FRAMES < half_count(s);
    assigns \nothing;
    ensures limit: g + s < GFN_LIMIT;
    ensures root: ix3(g + s) == s / VTD_LINKS_FRAMES;
    ensures second: ix2(g + s) == half_first(s) + ix2(g) && ix2(g) == g / VTD_LINK_FRAMES;
    ensures low: ix1(g + s) == ix1(g) && ix0(g + s) == ix0(g);
*/
static void shared_indices(uint64_t g, uint64_t s)
{
    const uint64_t part = s / VTD_LINK_FRAMES;

    //@ assert parts: s == 262144 * part;
    //@ assert sum: (g + s) / 262144 == g / 262144 + part;
    //@ assert small: (g + s) / 512 == g / 512 + 512 * part;
    //@ assert low: s < VTD_LINKS_FRAMES ==> half_first(s) == part && half_count(s) == part && part <= 256;
    //@ assert high: s >= VTD_LINKS_FRAMES ==> half_first(s) == 0 && part == 512 * (s / 134217728);
    //@ assert top: (g + s) / 134217728 == s / 134217728;
}

/*@ requires has_root(a);
    assigns \nothing;
    ensures walk(a, g) == walk3(table_roots[a], ix3(g), ix2(g), ix1(g), ix0(g));
*/
static void walk_begins(uint32_t a, uint64_t g)
{
    //@ assert root: table_roots[a] != TABLE_NONE;
}

/*
 * What a device of guest v reaches at g is what v's CPUs reach at g with the shared bit s: a frame that v owns and shares
 * with the manager, with the rights of that.  (The manager's devices walk the manager's EPT itself.)
 */
/*@ requires sys_inv;
    requires is_guest(v) && has_root(2 * v) && d < VTD_LINKS_MAX && g < VTD_LINKS_FRAMES && shared_ok(s) && s == shared_bit_gfn;
    requires links: links_ok(d, v, s);
    assigns \nothing;
    ensures reach: dma_walk(d, g) != 0 ==> g + s < GFN_LIMIT && dma_walk(d, g) == walk(2 * v, g + s);
    ensures isolation: dma_walk(d, g) != 0 ==> may_access(v, ent_hfn(dma_walk(d, g)));
    ensures rights: dma_walk(d, g) != 0 ==> leaf_kind(dma_walk(d, g) % 4096, ent_hfn(dma_walk(d, g)));
    ensures shared: dma_walk(d, g) != 0 ==> frames[ent_hfn(dma_walk(d, g))].state == FRAME_SHARED && frames[ent_hfn(dma_walk(d, g))].owner == v;
*/
void thm_dma(uint32_t d, uint32_t v, uint64_t g, uint64_t s)
{
    const uint32_t i = (uint32_t)(g / VTD_LINK_FRAMES);

    //@ assert here: i == ix2(g) && ix(i);
    if (vtd_links[d].entry[i] != 0) {
        //@ assert in_half: i < half_count(s) && vtd_links[d].entry[i] == half(v, s, i);
        shared_indices(g, s);
        //@ assert up: half_up(v, s) != 0;
        //@ assert root: half_up(v, s) == tables[table_roots[2 * v]].entry[ix3(g + s)];
        //@ assert second: vtd_links[d].entry[i] == tables[child(half_up(v, s))].entry[ix2(g + s)];
        walk_begins(2u * v, g + s);
        //@ assert four: walk(2 * v, g + s) == walk3(table_roots[2 * v], ix3(g + s), ix2(g + s), ix1(g + s), ix0(g + s));
        //@ assert upper: tables[table_roots[2 * v]].entry[ix3(g + s)] != 0;
        //@ assert below: walk3(table_roots[2 * v], ix3(g + s), ix2(g + s), ix1(g + s), ix0(g + s)) == walk2(child(tables[table_roots[2 * v]].entry[ix3(g + s)]), ix2(g + s), ix1(g + s), ix0(g + s));
        //@ assert three: walk(2 * v, g + s) == walk2(child(half_up(v, s)), ix2(g + s), ix1(g + s), ix0(g + s));
        //@ assert two: walk(2 * v, g + s) == walk1(child(vtd_links[d].entry[i]), ix1(g), ix0(g));
        //@ assert same: dma_walk(d, g) == walk(2 * v, g + s);
        thm_isolation(v, g + s, g + s);
    }
}

/*
 * And later, whatever has come to the EPT since: what a device of guest v reaches at g, by links that lead to tables of its shared
 * half, is a frame that v owns and shares with the manager, with the rights of that.
 */
/*@ requires sys_inv;
    requires is_guest(v) && d < VTD_LINKS_MAX && g < VTD_LINKS_FRAMES && shared_ok(s) && s == shared_bit_gfn;
    requires links: links_tagged(d, v, s);
    assigns \nothing;
    ensures isolation: dma_walk(d, g) != 0 ==> may_access(v, ent_hfn(dma_walk(d, g)));
    ensures rights: dma_walk(d, g) != 0 ==> leaf_kind(dma_walk(d, g) % 4096, ent_hfn(dma_walk(d, g)));
    ensures shared: dma_walk(d, g) != 0 ==> frames[ent_hfn(dma_walk(d, g))].state == FRAME_SHARED && frames[ent_hfn(dma_walk(d, g))].owner == v;
*/
void thm_dma_later(uint32_t d, uint32_t v, uint64_t g, uint64_t s)
{
    const uint64_t entry = vtd_links[d].entry[g / VTD_LINK_FRAMES];
    const uint64_t base = s / VTD_LINK_FRAMES + g / VTD_LINK_FRAMES;
    const uint32_t c = (uint32_t)(g / TABLE_SLOTS % TABLE_SLOTS);
    uint32_t t, leaf;

    //@ assert index: g / 262144 == ix2(g) && ix(ix2(g)) && c == ix1(g) && ix(c) && ix(ix0(g));
    if (entry == 0) {
        return;
    }
    //@ assert link: 0 <= child(entry) < TABLES_MAX && is_tab(child(entry), 1) && table_tags[child(entry)].space == 2 * v && table_tags[child(entry)].base == base;
    t = (uint32_t)(entry / FRAME_SIZE - tables_hfn);
    //@ assert table: t == child(entry);
    //@ assert wf: slot_wf(t, c);
    //@ assert small: !large(tables[t].entry[c]);
    if (tables[t].entry[c] == 0) {
        //@ assert none: dma_walk(d, g) == 0;
        return;
    }
    //@ assert below: nonleaf_wf(tables[t].entry[c], t, c);
    leaf = (uint32_t)(tables[t].entry[c] / FRAME_SIZE - tables_hfn);
    //@ assert leaf_table: leaf == child(tables[t].entry[c]) && is_tab(leaf, 0) && table_tags[leaf].space == 2 * v && table_tags[leaf].base == base * 512 + c;
    //@ assert walk: dma_walk(d, g) == tables[leaf].entry[ix0(g)];
    //@ assert split: g == (g / 262144 * 512 + c) * 512 + ix0(g);
    //@ assert parts: s == 262144 * (s / 262144);
    //@ assert place: (base * 512 + c) * 512 + ix0(g) == s + g;
    //@ assert leaf_ok: tables[leaf].entry[ix0(g)] != 0 ==> leaf_ok(tables[leaf].entry[ix0(g)], leaf, ix0(g));
    //@ assert half: tables[leaf].entry[ix0(g)] != 0 ==> half_ok(tables[leaf].entry[ix0(g)] % 4096, v, s + g);
    //@ assert record: tables[leaf].entry[ix0(g)] != 0 ==> frame_wf(frames[ent_hfn(tables[leaf].entry[ix0(g)])]);
}
