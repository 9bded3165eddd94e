/* SPDX-License-Identifier: Apache-2.0 */
#include "ept/table_large.h"

#include "ept/table_step.h"

uint32_t table_large_find(uint32_t space, gfn_t gfn)
{
    uint32_t t;
    uint64_t e;

    //@ assert root: root_ok(space);
    t = table_roots[space];
    //@ assert w3: walk(space, gfn) == walk3(t, ix3(gfn), ix2(gfn), ix1(gfn), ix0(gfn));
    //@ assert s3: small(space, gfn) <==> small3(t, ix3(gfn), ix2(gfn), ix1(gfn));
    //@ assert q3: path(space, gfn) == walk_tab3(t, ix3(gfn), ix2(gfn), ix1(gfn));
    e = tables[t].entry[gfn / 134217728u % TABLE_SLOTS];
    //@ assert e3: e == tables[t].entry[ix3(gfn)];
    if (e == 0) {
        return TABLE_NONE;
    }
    //@ assert n3: nonleaf_wf(e, t, ix3(gfn));
    t = (uint32_t)(e / FRAME_SIZE - tables_hfn);
    //@ assert c3: e == tables[table_roots[space]].entry[ix3(gfn)] && t == child(e);
    //@ assert w2: walk(space, gfn) == walk2(t, ix2(gfn), ix1(gfn), ix0(gfn)) && path(space, gfn) == walk_tab2(t, ix2(gfn), ix1(gfn));
    //@ assert s2: small(space, gfn) <==> small2(t, ix2(gfn), ix1(gfn));
    //@ assert t2: is_tab(t, 2) && table_tags[t].space == space && table_tags[t].base == ix3(gfn);
    e = tables[t].entry[gfn / 262144u % TABLE_SLOTS];
    //@ assert e2: e == tables[t].entry[ix2(gfn)];
    if (e == 0) {
        return TABLE_NONE;
    }
    //@ assert v2: walk2(t, ix2(gfn), ix1(gfn), ix0(gfn)) == walk1(child(e), ix1(gfn), ix0(gfn)) && walk_tab2(t, ix2(gfn), ix1(gfn)) == walk_tab1(child(e), ix1(gfn));
    //@ assert n2: nonleaf_wf(e, t, ix2(gfn));
    t = (uint32_t)(e / FRAME_SIZE - tables_hfn);
    //@ assert c2: t == child(e);
    //@ assert w1: walk(space, gfn) == walk1(t, ix1(gfn), ix0(gfn)) && path(space, gfn) == walk_tab1(t, ix1(gfn));
    //@ assert s1: small(space, gfn) <==> small1(t, ix1(gfn));
    //@ assert t1: is_tab(t, 1) && table_tags[t].space == space && table_tags[t].base == ix3(gfn) * 512 + ix2(gfn);
    return t;
}

uint32_t table_large_prepare(uint32_t space, gfn_t gfn)
{
    uint32_t root = table_roots[space];
    uint32_t upper;

    //@ assert root: root_ok(space) && slice_wf(part(space));
    /* Is there room in the slice for what may be missing? */
    if (table_slices[space / 2u].count - table_slices[space / 2u].used < 2u) {
        return TABLE_NONE;
    }
    //@ assert i3: gfn / 134217728 % 512 == ix3(gfn) && ix(ix3(gfn));
    upper = table_step(space, root, (uint32_t)(gfn / 134217728u % TABLE_SLOTS));
    //@ assert i2: gfn / 262144 % 512 == ix2(gfn) && ix(ix2(gfn)) && table_tags[upper].base == ix3(gfn);
    return table_step(space, upper, (uint32_t)(gfn / 262144u % TABLE_SLOTS));
}

/*@ // All walks are the same, but for those that pass slot i of level-1 table t.
    predicate same_run1{L1,L2}(integer t, integer i) = \forall integer u, c, d; is_tab{L1}(u, 1) ==> ix(c) ==> ix(d) ==>
      !(\at(table_tags[u].space,L1) == \at(table_tags[t].space,L1) &&
        \at(table_tags[u].base,L1) * 512 + c == \at(table_tags[t].base,L1) * 512 + i) ==>
      walk1{L1}(u, c, d) == walk1{L2}(u, c, d);
    predicate same_run2{L1,L2}(integer t, integer i) =
      \forall integer u, b, c, d; is_tab{L1}(u, 2) ==> ix(b) ==> ix(c) ==> ix(d) ==>
      !(\at(table_tags[u].space,L1) == \at(table_tags[t].space,L1) &&
        (\at(table_tags[u].base,L1) * 512 + b) * 512 + c == \at(table_tags[t].base,L1) * 512 + i) ==>
      walk2{L1}(u, b, c, d) == walk2{L2}(u, b, c, d);
    predicate same_run3{L1,L2}(integer t, integer i) =
      \forall integer u, a, b, c, d; is_tab{L1}(u, 3) ==> ix(a) ==> ix(b) ==> ix(c) ==> ix(d) ==>
      !(\at(table_tags[u].space,L1) == \at(table_tags[t].space,L1) &&
        ((\at(table_tags[u].base,L1) * 512 + a) * 512 + b) * 512 + c == \at(table_tags[t].base,L1) * 512 + i) ==>
      walk3{L1}(u, a, b, c, d) == walk3{L2}(u, a, b, c, d);
*/

void table_large_set(uint32_t table, uint32_t slot, uint64_t entry)
{
    table_step_store(table, slot, entry);
    //@ assert same: \forall integer u, j; in_use(u) ==> ix(j) ==> !(u == table && j == slot) ==> tables[u].entry[j] == \at(tables[u].entry[j],Pre);
    //@ assert down: downward{Pre};
    //@ assert below: \forall integer u, j; in_use(u) ==> ix(j) ==> 2 <= table_tags[u].level <= 3 ==> \at(tables[u].entry[j],Pre) != 0 ==> nonleaf_wf{Pre}(\at(tables[u].entry[j],Pre), u, j);
    //@ assert p1: \forall integer u, c; is_tab(u, 1) ==> ix(c) ==> walk_tab1{Pre}(u, c) == walk_tab1{Here}(u, c);
    //@ assert p2: \forall integer u, b, c; is_tab(u, 2) ==> ix(b) ==> ix(c) ==> walk_tab2{Pre}(u, b, c) == walk_tab2{Here}(u, b, c);
    //@ assert p3: \forall integer u, a, b, c; is_tab(u, 3) ==> ix(a) ==> ix(b) ==> ix(c) ==> walk_tab3{Pre}(u, a, b, c) == walk_tab3{Here}(u, a, b, c);
    //@ assert w0: same_w0{Pre,Here};
    //@ assert w1: same_run1{Pre,Here}(table, slot);
    //@ assert w2: same_run2{Pre,Here}(table, slot);
    //@ assert w3: same_run3{Pre,Here}(table, slot);
}

/* Links leaf table `below`, which has the leaves that the large leaf in slot `slot` of table `table` stands for, in its place. */
/*@ requires tables_inv;
    requires is_tab(table, 1) && ix(slot) && large(tables[table].entry[slot]);
    requires is_tab(below, 0) && table_tags[below].space == table_tags[table].space && table_tags[below].base == table_tags[table].base * 512 + slot;
    requires entries: \forall integer i; ix(i) ==> tables[below].entry[i] == piece(tables[table].entry[slot], i);
    assigns tables[table].entry[slot];
    ensures inv: tables_inv;
    ensures linked: !large(tables[table].entry[slot]);
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
*/
static void link_pieces(uint32_t table, uint32_t slot, uint32_t below)
{
    uint64_t flags = table_tags[table].space % 2u == 1u ? VTD_TABLE : EPT_TABLE;

    table_step_store(table, slot, (tables_hfn + below) * FRAME_SIZE + flags);
    //@ assert wf: nonleaf_wf(tables[table].entry[slot], table, slot) && child(tables[table].entry[slot]) == below && !large(tables[table].entry[slot]) && tables[table].entry[slot] != 0;
    //@ assert same: \forall integer u, j; in_use(u) ==> ix(j) ==> !(u == table && j == slot) ==> tables[u].entry[j] == \at(tables[u].entry[j],Pre);
    //@ assert down: downward{Pre};
    //@ assert w0: same_w0{Pre,Here};
    //@ assert w1: same_w1{Pre,Here};
    //@ assert w2: same_w2{Pre,Here};
    //@ assert w3: same_w3{Pre,Here};
    //@ assert p1: same_p1{Pre,Here};
    //@ assert p2: same_p2{Pre,Here};
    //@ assert p3: same_p3{Pre,Here};
}

uint32_t table_large_split(uint32_t table, uint32_t slot)
{
    uint32_t t;

    //@ assert wf: slot_wf(table, slot) && large_for(tables[table].entry[slot], table_tags[table].space);
    t = table_step_take(table_tags[table].space, 0, table_tags[table].base * TABLE_SLOTS + slot,
                        tables[table].entry[slot]);
    //@ assert still: tables[table].entry[slot] == \at(tables[table].entry[slot],Pre) && tables[table].entry[slot] != 0;
    link_pieces(table, slot, t);
    return t;
}
