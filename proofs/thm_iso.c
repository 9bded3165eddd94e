/* SPDX-License-Identifier: Apache-2.0 */
/* The theorem of isolation, as a proof driver: never linked.  It follows from the invariant alone, which every
 * operation keeps. */
#include "ept/table.h"
#include "isolation/invariant.h"

/*
 * Whatever the hardware can reach for partition v at guest frame g is a frame that v owns or borrows, with the rights its
 * state gives; the manager's are at their own numbers; a frame has one place in a partition; the core's frames have none.
 */
/*@ requires sys_inv;
    requires is_partition(v) && g < GFN_LIMIT && h < GFN_LIMIT;
    assigns \nothing;
    ensures isolation: walk(2 * v, g) != 0 ==> may_access(v, ent_hfn(walk(2 * v, g)));
    ensures rights: walk(2 * v, g) != 0 ==> walk(2 * v, g) % 4096 == leaf_kind(ent_hfn(walk(2 * v, g)));
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
    //@ assert g0: s != TABLE_NONE ==> tables[s].entry[ix0(g)] != 0 ==> leaf_ok(tables[s].entry[ix0(g)], s, ix0(g));
    //@ assert h0: t != TABLE_NONE ==> tables[t].entry[ix0(h)] != 0 ==> leaf_ok(tables[t].entry[ix0(h)], t, ix0(h));
    //@ assert d0: d != TABLE_NONE ==> tables[d].entry[ix0(g)] == 0;
    //@ assert jg: s != TABLE_NONE ==> table_tags[s].base * 512 + ix0(g) == g;
    //@ assert jh: t != TABLE_NONE ==> table_tags[t].base * 512 + ix0(h) == h;
}
