/* SPDX-License-Identifier: Apache-2.0 */
#include "ept/table.h"

struct table_slice table_slices[PARTITIONS_MAX];
uint32_t table_roots[SPACES_MAX];
uint32_t table_limit;
hfn_t tables_hfn;

/* One store, which the hardware may read at any time: never torn, never before the stores above it. */
/*@ requires table < TABLES_MAX && slot < TABLE_SLOTS;
    assigns tables[table].entry[slot];
    ensures tables[table].entry[slot] == entry;
*/
static inline void table_store(uint32_t table, uint32_t slot, uint64_t entry)
{
#ifdef __FRAMAC__
    tables[table].entry[slot] = entry;
#else
    __atomic_store_n(&tables[table].entry[slot], entry, __ATOMIC_RELEASE);
#endif
}

void table_init(uint32_t count, hfn_t first)
{
    table_limit = count;
    tables_hfn = first;
    /*@ loop invariant 0 <= v <= PARTITIONS_MAX;
        loop invariant \forall integer w; 0 <= w < v ==> table_slices[w].first == 0 && table_slices[w].count == 0 && table_slices[w].used == 0;
        loop assigns v, table_slices[0 .. PARTITIONS_MAX - 1];
        loop variant PARTITIONS_MAX - v; */
    for (uint32_t v = 0; v < PARTITIONS_MAX; v++) {
        table_slices[v].first = 0;
        table_slices[v].count = 0;
        table_slices[v].used = 0;
    }
    /*@ loop invariant 0 <= s <= SPACES_MAX;
        loop invariant \forall integer a; 0 <= a < s ==> table_roots[a] == TABLE_NONE;
        loop assigns s, table_roots[0 .. SPACES_MAX - 1];
        loop variant SPACES_MAX - s; */
    for (uint32_t s = 0; s < SPACES_MAX; s++) {
        table_roots[s] = TABLE_NONE;
    }
}

/* The end of some slice that overlaps first .. first + count - 1; 0: none does. */
/*@ requires tables_inv && 1 <= count && first + count <= table_limit;
    assigns \nothing;
    ensures none: \result == 0 ==> \forall integer v; 0 <= v < PARTITIONS_MAX ==>
      table_slices[v].count == 0 || table_slices[v].first + table_slices[v].count <= first ||
      first + count <= table_slices[v].first;
    ensures end: \result <= table_limit;
*/
static uint32_t slice_in_the_way(uint32_t first, uint32_t count)
{
    /*@ loop invariant 0 <= v <= PARTITIONS_MAX;
        loop invariant \forall integer w; 0 <= w < v ==> table_slices[w].count == 0 ||
          table_slices[w].first + table_slices[w].count <= first || first + count <= table_slices[w].first;
        loop assigns v;
        loop variant PARTITIONS_MAX - v; */
    for (uint32_t v = 0; v < PARTITIONS_MAX; v++) {
        //@ assert wf: slice_wf(v);
        if (table_slices[v].count != 0 && table_slices[v].first < first + count &&
            first < table_slices[v].first + table_slices[v].count) {
            return table_slices[v].first + table_slices[v].count;
        }
    }
    return 0;
}

uint32_t table_slice_find(uint64_t count)
{
    uint32_t first = 0;

    if (count == 0 || count > table_limit) {
        return TABLE_NONE;
    }
    /* Each step passes one slice at least. */
    /*@ loop invariant 0 <= tries <= PARTITIONS_MAX + 1;
        loop invariant first <= table_limit;
        loop assigns tries, first;
        loop variant PARTITIONS_MAX + 1 - tries; */
    for (uint32_t tries = 0; tries <= PARTITIONS_MAX; tries++) {
        uint32_t end;

        if (count > table_limit - first) {
            return TABLE_NONE;
        }
        end = slice_in_the_way(first, (uint32_t)count);
        if (end == 0) {
            return first;
        }
        first = end;
    }
    return TABLE_NONE;
}

/* The next table of the partition's slice, blank; it comes into use with used + 1. */
/*@ requires tables_inv && is_partition(partition) && left(partition) > 0;
    assigns tables[0 .. TABLES_MAX - 1];
    ensures which: \result == table_slices[partition].first + table_slices[partition].used && \result < TABLES_MAX;
    ensures unused: !in_use(\result);
    ensures blank: \forall integer i; ix(i) ==> tables[\result].entry[i] == 0;
    ensures others: \forall integer t, i; 0 <= t < TABLES_MAX ==> ix(i) ==> t != \result ==>
      tables[t].entry[i] == \old(tables[t].entry[i]);
*/
static uint32_t table_blank(uint32_t partition)
{
    uint32_t t = table_slices[partition].first + table_slices[partition].used;

    //@ assert wf: slice_wf(partition);
    //@ assert apart: \forall integer w; 0 <= w < PARTITIONS_MAX ==> w != partition ==> apart(w, partition) && slice_wf(w);
    //@ assert unused: !in_use(t);
    /*@ loop invariant 0 <= i <= TABLE_SLOTS;
        loop invariant \forall integer j; 0 <= j < i ==> tables[t].entry[j] == 0;
        loop invariant \forall integer u, j; 0 <= u < TABLES_MAX ==> ix(j) ==> u != t ==>
          tables[u].entry[j] == \at(tables[u].entry[j],Pre);
        loop assigns i, tables[t].entry[0 .. TABLE_SLOTS - 1];
        loop variant TABLE_SLOTS - i; */
    for (uint32_t i = 0; i < TABLE_SLOTS; i++) {
        tables[t].entry[i] = 0;
    }
    return t;
}

void table_slice_open(uint32_t partition, uint32_t first, uint32_t count)
{
    uint32_t t;

    table_slices[partition].first = first;
    table_slices[partition].count = count;
    table_slices[partition].used = 0;
    t = table_blank(partition);
    table_tags[t].space = 2u * partition;
    table_tags[t].level = TABLE_ROOT;
    table_tags[t].base = 0;
    table_slices[partition].used = 1;
    table_roots[2u * partition] = t;
}

void table_slice_close(uint32_t partition)
{
    table_roots[2u * partition] = TABLE_NONE;
    table_roots[2u * partition + 1u] = TABLE_NONE;
    table_slices[partition].count = 0;
    table_slices[partition].used = 0;
}

/*@ // L1 to L2: only empty slots of upper tables were filled, and what they lead to is blank.
    predicate extends{L1,L2} =
      tags_kept{L1,L2} &&
      (\forall integer u, j; in_use{L1}(u) ==> ix(j) ==>
         (\at(tables[u].entry[j],L1) != 0 || \at(table_tags[u].level,L1) == 0) ==>
         \at(tables[u].entry[j],L1) == \at(tables[u].entry[j],L2)) &&
      (\forall integer u, j, k; in_use{L1}(u) ==> ix(j) ==> ix(k) ==>
         \at(tables[u].entry[j],L1) == 0 ==> \at(tables[u].entry[j],L2) != 0 ==>
         \at(tables[child{L2}(\at(tables[u].entry[j],L2))].entry[k],L2) == 0);
    predicate linked{L1,L2}(integer t, integer i, integer c) =
      \at(tables[t].entry[i],L2) != 0 && child{L2}(\at(tables[t].entry[i],L2)) == c && in_use{L2}(c) &&
      \at(table_tags[c].level,L2) == \at(table_tags[t].level,L1) - 1 &&
      \at(table_tags[c].space,L2) == \at(table_tags[t].space,L1) &&
      \at(table_tags[c].base,L2) == \at(table_tags[t].base,L1) * 512 + i;
*/

/* A new table below slot `slot` of table `table`, which is empty. */
/*@ requires tables_inv;
    requires in_use(table) && ix(slot) && 1 <= table_tags[table].level <= 3;
    requires tables[table].entry[slot] == 0;
    requires table_tags[table].base < 0x8000000;
    requires room: left(part(table_tags[table].space)) > 0;
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1];
    ensures inv: tables_inv;
    ensures fresh: \result < TABLES_MAX && !in_use{Pre}(\result) && \forall integer k; ix(k) ==> tables[\result].entry[k] == 0;
    ensures others: same_slices_but{Pre,Post}(\old(part(table_tags[table].space)));
    ensures ext: extends{Pre,Post};
    ensures only: \forall integer u; in_use(u) ==> in_use{Pre}(u) || u == \result;
    ensures linked: linked{Pre,Post}(table, slot, \result);
    ensures paid: left(\old(part(table_tags[table].space))) == \old(left(part(table_tags[table].space))) - 1;
    ensures slots: \forall integer u, k; in_use{Pre}(u) ==> ix(k) ==> !(u == table && k == slot) ==> tables[u].entry[k] == \old(tables[u].entry[k]);
*/
static uint32_t table_new(uint32_t table, uint32_t slot)
{
    uint32_t space = table_tags[table].space;
    uint32_t t = table_blank(space / 2u);

    table_tags[t].space = space;
    table_tags[t].level = table_tags[table].level - 1u;
    table_tags[t].base = table_tags[table].base * TABLE_SLOTS + slot;
    table_slices[space / 2u].used += 1u;
    table_store(table, slot, (tables_hfn + t) * FRAME_SIZE + (space % 2u == 1u ? VTD_TABLE : EPT_TABLE));
    return t;
}

/*@ predicate same_p1{L1,L2} = \forall integer u, c; is_tab{L1}(u, 1) ==> ix(c) ==>
      walk_tab1{L1}(u, c) >= 0 ==> walk_tab1{L2}(u, c) == walk_tab1{L1}(u, c);
    predicate same_p2{L1,L2} = \forall integer u, b, c; is_tab{L1}(u, 2) ==> ix(b) ==> ix(c) ==>
      walk_tab2{L1}(u, b, c) >= 0 ==> walk_tab2{L2}(u, b, c) == walk_tab2{L1}(u, b, c);
    predicate same_p3{L1,L2} = \forall integer u, a, b, c; is_tab{L1}(u, 3) ==> ix(a) ==> ix(b) ==> ix(c) ==>
      walk_tab3{L1}(u, a, b, c) >= 0 ==> walk_tab3{L2}(u, a, b, c) == walk_tab3{L1}(u, a, b, c);
*/

/* From table `table`, slot `slot`, to the table below; made if absent. */
/*@ requires tables_inv;
    requires in_use(table) && ix(slot) && 1 <= table_tags[table].level <= 3;
    requires table_tags[table].base < 0x8000000;
    requires room: tables[table].entry[slot] == 0 ==> left(part(table_tags[table].space)) > 0;
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1];
    ensures inv: tables_inv;
    ensures \result < TABLES_MAX;
    ensures others: same_slices_but{Pre,Post}(\old(part(table_tags[table].space)));
    ensures kept: tags_kept{Pre,Post} && leaves_kept{Pre,Post} && leaves_fresh{Pre,Post};
    ensures linked: linked{Pre,Post}(table, slot, \result);
    ensures walks: same_walks{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures upper: \forall integer u, j; in_use{Pre}(u) ==> ix(j) ==> \old(tables[u].entry[j]) != 0 ==>
      tables[u].entry[j] == \old(tables[u].entry[j]);
    ensures paid: left(\old(part(table_tags[table].space))) ==
      \old(left(part(table_tags[table].space))) - (\old(tables[table].entry[slot]) == 0 ? 1 : 0);
    ensures empty: \old(tables[table].entry[slot]) == 0 ==> \forall integer k; ix(k) ==> tables[\result].entry[k] == 0;
    ensures same: \old(tables[table].entry[slot]) != 0 ==> \forall integer u, k; in_use{Pre}(u) ==> ix(k) ==>
      tables[u].entry[k] == \old(tables[u].entry[k]);
*/
static uint32_t table_step(uint32_t table, uint32_t slot)
{
    uint32_t t;

    if (tables[table].entry[slot] != 0) {
        //@ assert wf: nonleaf_wf(tables[table].entry[slot], table, slot);
        return (uint32_t)(tables[table].entry[slot] / FRAME_SIZE - tables_hfn);
    }
    t = table_new(table, slot);
    //@ assert down: \forall integer u, j; in_use{Pre}(u) ==> ix(j) ==> 1 <= \at(table_tags[u].level,Pre) <= 3 ==> \at(tables[u].entry[j],Pre) != 0 ==> is_tab{Pre}(child{Pre}(\at(tables[u].entry[j],Pre)), \at(table_tags[u].level,Pre) - 1);
    //@ assert w0: same_w0{Pre,Here};
    //@ assert w1: same_w1{Pre,Here};
    //@ assert w2: same_w2{Pre,Here};
    //@ assert w3: same_w3{Pre,Here};
    //@ assert p1: same_p1{Pre,Here};
    //@ assert p2: same_p2{Pre,Here};
    //@ assert p3: same_p3{Pre,Here};
    return t;
}

uint32_t table_leaf(uint32_t space, gfn_t gfn)
{
    uint32_t t;
    uint64_t e;

    if (space >= SPACES_MAX || gfn >= GFN_LIMIT || table_roots[space] == TABLE_NONE) {
        return TABLE_NONE;
    }
    //@ assert root: root_ok(space);
    t = table_roots[space];
    e = tables[t].entry[gfn / 134217728u % TABLE_SLOTS];
    if (e == 0) {
        return TABLE_NONE;
    }
    //@ assert n3: nonleaf_wf(e, t, ix3(gfn));
    t = (uint32_t)(e / FRAME_SIZE - tables_hfn);
    e = tables[t].entry[gfn / 262144u % TABLE_SLOTS];
    if (e == 0) {
        return TABLE_NONE;
    }
    //@ assert n2: nonleaf_wf(e, t, ix2(gfn));
    t = (uint32_t)(e / FRAME_SIZE - tables_hfn);
    e = tables[t].entry[gfn / 512u % TABLE_SLOTS];
    if (e == 0) {
        return TABLE_NONE;
    }
    //@ assert n1: nonleaf_wf(e, t, ix1(gfn));
    return (uint32_t)(e / FRAME_SIZE - tables_hfn);
}

uint64_t table_translate(uint32_t space, gfn_t gfn)
{
    uint32_t t = table_leaf(space, gfn);

    return t == TABLE_NONE ? 0 : tables[t].entry[gfn % TABLE_SLOTS];
}

/* How many tables below level-2 table `table` a mapping of `gfn` lacks. */
/*@ requires tables_inv && is_tab(table, 2) && gfn < GFN_LIMIT;
    assigns \nothing;
    ensures \result == miss2(table, ix2(gfn), ix1(gfn));
*/
static uint32_t missing_below(uint32_t table, gfn_t gfn)
{
    uint64_t e = tables[table].entry[gfn / 262144u % TABLE_SLOTS];

    if (e == 0) {
        return 2;
    }
    //@ assert n2: nonleaf_wf(e, table, ix2(gfn));
    return tables[e / FRAME_SIZE - tables_hfn].entry[gfn / 512u % TABLE_SLOTS] == 0 ? 1 : 0;
}

/* How many tables a mapping of `gfn` lacks. */
/*@ requires tables_inv && has_root(space) && gfn < GFN_LIMIT;
    assigns \nothing;
    ensures \result == missing(space, gfn);
*/
static uint32_t tables_missing(uint32_t space, gfn_t gfn)
{
    //@ assert root: root_ok(space);
    uint64_t e = tables[table_roots[space]].entry[gfn / 134217728u % TABLE_SLOTS];

    if (e == 0) {
        return 3;
    }
    //@ assert n3: nonleaf_wf(e, table_roots[space], ix3(gfn));
    return missing_below((uint32_t)(e / FRAME_SIZE - tables_hfn), gfn);
}

/* As table_prepare(), where the slice has room. */
/*@ requires tables_inv;
    requires has_root(space) && gfn < GFN_LIMIT;
    requires room: missing(space, gfn) <= left(part(space));
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1];
    ensures inv: tables_inv;
    ensures others: same_slices_but{Pre,Post}(part(space));
    ensures paid: left(part(space)) == \old(left(part(space))) - \old(missing(space, gfn));
    ensures tags: tags_kept{Pre,Post};
    ensures kept: leaves_kept{Pre,Post};
    ensures fresh: leaves_fresh{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures tag: is_tab(\result, 0) && table_tags[\result].space == space && table_tags[\result].base == gfn / 512;
    ensures path: path(space, gfn) == \result;
    ensures value: walk(space, gfn) == tables[\result].entry[gfn % 512];
*/
static uint32_t leaf_make(uint32_t space, gfn_t gfn)
{
    uint32_t t;

    //@ assert root: root_ok(space);
    //@ assert m3: tables[table_roots[space]].entry[ix3(gfn)] == 0 ? missing(space, gfn) == 3 : missing(space, gfn) == miss2(child(tables[table_roots[space]].entry[ix3(gfn)]), ix2(gfn), ix1(gfn));
    t = table_step(table_roots[space], (uint32_t)(gfn / 134217728u % TABLE_SLOTS));
    //@ assert m2z: \at(tables[table_roots[space]].entry[ix3(gfn)],Pre) == 0 ==> miss2(t, ix2(gfn), ix1(gfn)) == 2;
    //@ assert m2n: \at(tables[table_roots[space]].entry[ix3(gfn)],Pre) != 0 ==> miss2(t, ix2(gfn), ix1(gfn)) == \at(missing(space, gfn),Pre);
    //@ assert m2: miss2(t, ix2(gfn), ix1(gfn)) <= left(part(space));
    t = table_step(t, (uint32_t)(gfn / 262144u % TABLE_SLOTS));
    //@ assert m1: miss1(t, ix1(gfn)) <= left(part(space));
    return table_step(t, (uint32_t)(gfn / 512u % TABLE_SLOTS));
}

uint32_t table_prepare(uint32_t space, gfn_t gfn)
{
    //@ assert wf: slice_wf(part(space));
    uint32_t left = table_slices[space / 2u].count - table_slices[space / 2u].used;

    /* Is there room in the slice? */
    if (tables_missing(space, gfn) > left) {
        return TABLE_NONE;
    }
    /* All checks passed: nothing below can fail. */
    return leaf_make(space, gfn);
}

/*@ // All walks are the same, but for those that end in slot i of leaf table t.
    predicate same_but0{L1,L2}(integer t, integer i) = \forall integer u, d; is_tab{L1}(u, 0) ==> ix(d) ==>
      !(u == t && d == i) ==> walk0{L1}(u, d) == walk0{L2}(u, d);
    predicate same_but1{L1,L2}(integer t, integer i) = \forall integer u, c, d; is_tab{L1}(u, 1) ==> ix(c) ==> ix(d) ==>
      !(\at(table_tags[u].space,L1) == \at(table_tags[t].space,L1) &&
        \at(table_tags[u].base,L1) * 512 + c == \at(table_tags[t].base,L1) && d == i) ==>
      walk1{L1}(u, c, d) == walk1{L2}(u, c, d);
    predicate same_but2{L1,L2}(integer t, integer i) =
      \forall integer u, b, c, d; is_tab{L1}(u, 2) ==> ix(b) ==> ix(c) ==> ix(d) ==>
      !(\at(table_tags[u].space,L1) == \at(table_tags[t].space,L1) &&
        (\at(table_tags[u].base,L1) * 512 + b) * 512 + c == \at(table_tags[t].base,L1) && d == i) ==>
      walk2{L1}(u, b, c, d) == walk2{L2}(u, b, c, d);
    predicate same_but3{L1,L2}(integer t, integer i) =
      \forall integer u, a, b, c, d; is_tab{L1}(u, 3) ==> ix(a) ==> ix(b) ==> ix(c) ==> ix(d) ==>
      !(\at(table_tags[u].space,L1) == \at(table_tags[t].space,L1) &&
        ((\at(table_tags[u].base,L1) * 512 + a) * 512 + b) * 512 + c == \at(table_tags[t].base,L1) && d == i) ==>
      walk3{L1}(u, a, b, c, d) == walk3{L2}(u, a, b, c, d);
*/

void table_set(uint32_t table, uint32_t slot, uint64_t entry)
{
    table_store(table, slot, entry);
    //@ assert same: \forall integer u, j; in_use(u) ==> ix(j) ==> !(u == table && j == slot) ==> tables[u].entry[j] == \at(tables[u].entry[j],Pre);
    //@ assert down: \forall integer u, j; in_use(u) ==> ix(j) ==> 1 <= table_tags[u].level <= 3 ==> \at(tables[u].entry[j],Pre) != 0 ==> nonleaf_wf{Pre}(\at(tables[u].entry[j],Pre), u, j);
    //@ assert p1: \forall integer u, c; is_tab(u, 1) ==> ix(c) ==> walk_tab1{Pre}(u, c) == walk_tab1{Here}(u, c);
    //@ assert p2: \forall integer u, b, c; is_tab(u, 2) ==> ix(b) ==> ix(c) ==> walk_tab2{Pre}(u, b, c) == walk_tab2{Here}(u, b, c);
    //@ assert p3: \forall integer u, a, b, c; is_tab(u, 3) ==> ix(a) ==> ix(b) ==> ix(c) ==> walk_tab3{Pre}(u, a, b, c) == walk_tab3{Here}(u, a, b, c);
    //@ assert w0: same_but0{Pre,Here}(table, slot);
    //@ assert w1: same_but1{Pre,Here}(table, slot);
    //@ assert w2: same_but2{Pre,Here}(table, slot);
    //@ assert w3: same_but3{Pre,Here}(table, slot);
}
