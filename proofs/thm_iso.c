/* SPDX-License-Identifier: Apache-2.0 */
/* The theorem of isolation, as a proof driver: never linked.  It follows from the invariant alone, which every
 * operation keeps. */
#include "ept/table.h"
#include "ept/table_large.h"
#include "isolation/invariant.h"

/*
 * Whatever the hardware can reach for partition v at guest frame g is a frame that v owns or borrows, with the rights its
 * state gives; the manager's are at their own numbers; a frame has one place in a partition; the core's frames have none.
 */
/*@ requires sys_inv;
    requires is_partition(v) && g < GFN_LIMIT && h < GFN_LIMIT;
    assigns \nothing;
    ensures isolation: walk(2 * v, g) != 0 ==> may_access(v, ent_hfn(walk(2 * v, g)));
    ensures rights: walk(2 * v, g) != 0 ==> leaf_kind(walk(2 * v, g) % 4096, ent_hfn(walk(2 * v, g)));
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
}
