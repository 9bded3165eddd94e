/* SPDX-License-Identifier: Apache-2.0 */
#include "ept/table.h"

#include "ept/table_large.h"
#include "ept/table_step.h"

struct table_slice table_slices[PARTITIONS_MAX];
uint32_t table_roots[SPACES_MAX];
uint32_t table_limit;
hfn_t tables_hfn;

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

/* Where first .. first + count - 1 comes to when it moves behind every slice that it meets, partition by partition; `first`:
 * it meets none. */
/*@ requires tables_inv && 1 <= count && first + count <= table_limit;
    assigns \nothing;
    ensures none: \result == first ==> \forall integer v; 0 <= v < PARTITIONS_MAX ==>
      table_slices[v].count == 0 || table_slices[v].first + table_slices[v].count <= first ||
      first + count <= table_slices[v].first;
    ensures end: first <= \result <= table_limit;
    ensures met: \forall integer p; first <= p < \result ==> meets_slice(p, count);
*/
static uint32_t behind_slices(uint32_t first, uint32_t count)
{
    uint32_t at = first;

    /*@ loop invariant 0 <= v <= PARTITIONS_MAX;
        loop invariant first <= at <= table_limit;
        loop invariant met: \forall integer p; first <= p < at ==> meets_slice(p, count);
        loop invariant at == first ==> \forall integer w; 0 <= w < v ==> table_slices[w].count == 0 ||
          table_slices[w].first + table_slices[w].count <= first || first + count <= table_slices[w].first;
        loop assigns v, at;
        loop variant PARTITIONS_MAX - v; */
    for (uint32_t v = 0; v < PARTITIONS_MAX; v++) {
        //@ assert wf: slice_wf(v);
        if (table_slices[v].count != 0 && table_slices[v].first < at + count &&
            at < table_slices[v].first + table_slices[v].count) {
            //@ assert here: \forall integer p; at <= p < table_slices[v].first + table_slices[v].count ==> in_way(v, p, count) && 0 <= v < PARTITIONS_MAX;
            //@ assert meets: \forall integer p; at <= p < table_slices[v].first + table_slices[v].count ==> meets_slice(p, count);
            at = table_slices[v].first + table_slices[v].count;
        }
    }
    return at;
}

uint32_t table_slice_find(uint64_t count)
{
    uint32_t first = 0;

    if (count == 0 || count > table_limit) {
        return TABLE_NONE;
    }
    /* Each step passes one slice at least, for good; where slices lie in the order of partitions, the first passes all. */
    /*@ loop invariant first <= table_limit;
        loop invariant met: slices_end(first, count);
        loop assigns first;
        loop variant table_limit - first; */
    while (count <= table_limit - first) {
        uint32_t behind = behind_slices(first, (uint32_t)count);

        if (behind == first) {
            //@ assert free: !meets_slice(first, count);
            return first;
        }
        first = behind;
    }
    return TABLE_NONE;
}

/*@ requires tables_inv && is_partition(partition);
    requires none: table_slices[partition].count == 0;
    requires room: 1 <= count && first + count <= table_limit;
    requires apart: \forall integer v; 0 <= v < PARTITIONS_MAX ==>
      table_slices[v].count == 0 || table_slices[v].first + table_slices[v].count <= first ||
      first + count <= table_slices[v].first;
    assigns table_slices[partition];
    ensures inv: tables_inv;
    ensures same: \forall integer t; in_use(t) <==> in_use{Pre}(t);
    ensures slice: table_slices[partition].first == first && table_slices[partition].count == count &&
      table_slices[partition].used == 0;
*/
static void slice_set(uint32_t partition, uint32_t first, uint32_t count)
{
    //@ assert wf: slice_wf(partition);
    table_slices[partition].first = first;
    table_slices[partition].count = count;
    table_slices[partition].used = 0;
    //@ assert same: \forall integer t; in_use(t) <==> in_use{Pre}(t);
}

/*@ requires tables_inv && is_space(space) && table_roots[space] == TABLE_NONE;
    requires is_tab(table, 3) && table_tags[table].space == space && table_tags[table].base == 0;
    requires blank: \forall integer k; ix(k) ==> tables[table].entry[k] == 0;
    assigns table_roots[space];
    ensures inv: tables_inv;
    ensures root: table_roots[space] == table;
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
*/
static void root_set(uint32_t space, uint32_t table)
{
    table_roots[space] = table;
    //@ assert blank: \forall integer g; 0 <= g < GFN_LIMIT ==> walk(space, g) == 0;
}

void table_slice_open(uint32_t partition, uint32_t first, uint32_t count)
{
    slice_set(partition, first, count);
    root_set(2u * partition, table_step_take(2u * partition, TABLE_ROOT, 0, 0));
}

void table_slice_close(uint32_t partition)
{
    table_roots[2u * partition] = TABLE_NONE;
    table_roots[2u * partition + 1u] = TABLE_NONE;
    table_slices[partition].count = 0;
    table_slices[partition].used = 0;
    //@ assert fewer: \forall integer t; in_use(t) <==> in_use{Pre}(t) && part(table_tags[t].space) != partition;
    //@ assert was: \forall integer t, i; in_use(t) ==> ix(i) ==> slot_wf{Pre}(t, i);
    //@ assert slots: \forall integer t, i; in_use(t) ==> ix(i) ==> slot_wf(t, i);
    //@ assert roots: roots_inv;
}

uint32_t table_leaf(uint32_t space, gfn_t gfn)
{
    uint32_t t;
    uint64_t e;

    if (space >= SPACES_MAX || gfn >= GFN_LIMIT || table_roots[space] == TABLE_NONE) {
        return TABLE_NONE;
    }
    //@ assert root: root_ok(space);
    t = table_large_find(space, gfn);
    if (t == TABLE_NONE) {
        return TABLE_NONE;
    }
    e = tables[t].entry[gfn / 512u % TABLE_SLOTS];
    //@ assert e1: e == tables[t].entry[ix1(gfn)];
    /* Is there a table, or a large leaf in its place? */
    if (e % FRAME_SIZE >= EPT_LARGE || e == 0) {
        return TABLE_NONE;
    }
    //@ assert n1: nonleaf_wf(e, t, ix1(gfn));
    //@ assert t0: is_tab(child(e), 0) && table_tags[child(e)].space == space && table_tags[child(e)].base == table_tags[t].base * 512 + ix1(gfn);
    //@ assert base: table_tags[child(e)].base == gfn / 512;
    //@ assert w0: walk(space, gfn) == walk0(child(e), ix0(gfn)) && path(space, gfn) == child(e);
    return (uint32_t)(e / FRAME_SIZE - tables_hfn);
}

uint64_t table_translate(uint32_t space, gfn_t gfn)
{
    uint32_t t = table_leaf(space, gfn);
    uint64_t e;

    if (t != TABLE_NONE) {
        return tables[t].entry[gfn % TABLE_SLOTS];
    }
    if (space >= SPACES_MAX || gfn >= GFN_LIMIT || table_roots[space] == TABLE_NONE) {
        return 0;
    }
    //@ assert root: root_ok(space);
    t = table_large_find(space, gfn);
    if (t == TABLE_NONE) {
        return 0;
    }
    e = tables[t].entry[gfn / 512u % TABLE_SLOTS];
    //@ assert e1: e == tables[t].entry[ix1(gfn)] && slot_wf(t, ix1(gfn));
    return e == 0 ? 0 : e - EPT_LARGE + gfn % TABLE_SLOTS * FRAME_SIZE;
}

/* How many tables below level-2 table `table` a mapping of `gfn` lacks. */
/*@ requires tables_inv && is_tab(table, 2) && gfn < GFN_LIMIT;
    assigns \nothing;
    ensures \result == miss2(table, ix2(gfn), ix1(gfn));
*/
static uint32_t missing_below(uint32_t table, gfn_t gfn)
{
    uint64_t e = tables[table].entry[gfn / 262144u % TABLE_SLOTS];
    uint32_t t;

    //@ assert e2: e == tables[table].entry[ix2(gfn)];
    if (e == 0) {
        return 2;
    }
    //@ assert n2: nonleaf_wf(e, table, ix2(gfn));
    t = (uint32_t)(e / FRAME_SIZE - tables_hfn);
    //@ assert m2: t == child(e) && miss2(table, ix2(gfn), ix1(gfn)) == miss1(t, ix1(gfn));
    e = tables[t].entry[gfn / 512u % TABLE_SLOTS];
    //@ assert e1: e == tables[t].entry[ix1(gfn)];
    return e == 0 ? 1 : 0;
}

/* How many tables a mapping of `gfn` lacks. */
/*@ requires tables_inv && has_root(space) && gfn < GFN_LIMIT;
    assigns \nothing;
    ensures \result == missing(space, gfn);
*/
static uint32_t tables_missing(uint32_t space, gfn_t gfn)
{
    uint64_t e;
    uint32_t t = table_roots[space];

    //@ assert root: root_ok(space);
    e = tables[t].entry[gfn / 134217728u % TABLE_SLOTS];
    //@ assert e3: e == tables[t].entry[ix3(gfn)] && missing(space, gfn) == miss3(t, ix3(gfn), ix2(gfn), ix1(gfn));
    if (e == 0) {
        return 3;
    }
    //@ assert n3: nonleaf_wf(e, t, ix3(gfn));
    t = (uint32_t)(e / FRAME_SIZE - tables_hfn);
    //@ assert m3: t == child(e) && missing(space, gfn) == miss2(t, ix2(gfn), ix1(gfn));
    return missing_below(t, gfn);
}

/* The leaf table below `middle`, at level 1; where the slice has room. */
/*@ requires tables_inv && is_space(space) && gfn < GFN_LIMIT;
    requires is_tab(middle, 1) && table_tags[middle].space == space && table_tags[middle].base == ix3(gfn) * 512 + ix2(gfn);
    requires room: miss1(middle, ix1(gfn)) <= left(part(space));
    requires small: small1(middle, ix1(gfn));
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1];
    ensures inv: tables_inv;
    ensures others: same_slices_but{Pre,Post}(part(space));
    ensures tags: tags_kept{Pre,Post};
    ensures kept: leaves_kept{Pre,Post};
    ensures fresh: leaves_fresh{Pre,Post};
    ensures large: large_kept{Pre,Post} && large_old{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures tag: is_tab(\result, 0) && table_tags[\result].space == space && table_tags[\result].base == gfn / 512;
    ensures way: walk_tab1(middle, ix1(gfn)) == \result && tables[middle].entry[ix1(gfn)] != 0;
    ensures upper: \forall integer u, k; in_use{Pre}(u) ==> ix(k) ==> table_tags[u].level >= 2 ==> tables[u].entry[k] == \old(tables[u].entry[k]);
    ensures paid: left(part(space)) == \old(left(part(space))) - \old(miss1(middle, ix1(gfn)));
    ensures only: \forall integer u, k; in_use{Pre}(u) ==> ix(k) ==> !(u == middle && k == ix1(gfn)) ==> tables[u].entry[k] == \old(tables[u].entry[k]);
    ensures misses: \forall integer c; ix(c) ==> miss1(middle, c) == (c == ix1(gfn) ? 0 : miss1{Pre}(middle, c));
*/
static uint32_t leaf_below_middle(uint32_t space, uint32_t middle, gfn_t gfn)
{
    //@ assert i1: gfn / 512 % 512 == ix1(gfn);
    return table_step(space, middle, (uint32_t)(gfn / 512u % TABLE_SLOTS));
}

/* The leaf table below `upper`, at level 2; where the slice has room. */
/*@ requires tables_inv && is_space(space) && gfn < GFN_LIMIT;
    requires is_tab(upper, 2) && table_tags[upper].space == space && table_tags[upper].base == ix3(gfn);
    requires room: miss2(upper, ix2(gfn), ix1(gfn)) <= left(part(space));
    requires small: small2(upper, ix2(gfn), ix1(gfn));
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1];
    ensures inv: tables_inv;
    ensures others: same_slices_but{Pre,Post}(part(space));
    ensures tags: tags_kept{Pre,Post};
    ensures kept: leaves_kept{Pre,Post};
    ensures fresh: leaves_fresh{Pre,Post};
    ensures large: large_kept{Pre,Post} && large_old{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures tag: is_tab(\result, 0) && table_tags[\result].space == space && table_tags[\result].base == gfn / 512;
    ensures way: walk_tab2(upper, ix2(gfn), ix1(gfn)) == \result && tables[upper].entry[ix2(gfn)] != 0;
    ensures upper: \forall integer u, k; in_use{Pre}(u) ==> ix(k) ==> table_tags[u].level >= 3 ==> tables[u].entry[k] == \old(tables[u].entry[k]);
    ensures paid: left(part(space)) == \old(left(part(space))) - \old(miss2(upper, ix2(gfn), ix1(gfn)));
    ensures only: \forall integer u, k; in_use{Pre}(u) ==> ix(k) ==> !(u == upper && k == ix2(gfn)) ==>
      !(\old(table_tags[u].level) == 1 && \old(table_tags[u].base) == ix3(gfn) * 512 + ix2(gfn)) ==> tables[u].entry[k] == \old(tables[u].entry[k]);
    ensures misses: \forall integer b, c; ix(b) ==> ix(c) ==> miss2(upper, b, c) ==
      lesser(miss2{Pre}(upper, b, c), b != ix2(gfn) ? 2 : c != ix1(gfn) ? 1 : 0);
*/
static uint32_t leaf_below_upper(uint32_t space, uint32_t upper, gfn_t gfn)
{
    uint32_t middle, leaf;

    //@ assert i2: gfn / 262144 % 512 == ix2(gfn);
    //@ assert wf: tables[upper].entry[ix2(gfn)] != 0 ==> nonleaf_wf(tables[upper].entry[ix2(gfn)], upper, ix2(gfn));
    middle = table_step(space, upper, (uint32_t)(gfn / 262144u % TABLE_SLOTS));
    //@ assert z: \at(tables[upper].entry[ix2(gfn)],Pre) == 0 ==> miss1(middle, ix1(gfn)) == 1;
    //@ assert c: \at(tables[upper].entry[ix2(gfn)],Pre) != 0 ==> middle == child{Pre}(\at(tables[upper].entry[ix2(gfn)],Pre)) && in_use{Pre}(middle) && middle != upper;
    //@ assert n: \at(tables[upper].entry[ix2(gfn)],Pre) != 0 ==> miss1(middle, ix1(gfn)) == miss1{Pre}(middle, ix1(gfn)) && middle == child{Pre}(\at(tables[upper].entry[ix2(gfn)],Pre));
    //@ assert s: small1(middle, ix1(gfn));
    //@ assert m: left(part(space)) - miss1(middle, ix1(gfn)) == \at(left(part(space)),Pre) - \at(miss2(upper, ix2(gfn), ix1(gfn)),Pre);
    //@ assert m_old: \at(tables[upper].entry[ix2(gfn)],Pre) != 0 ==> \forall integer c; ix(c) ==> miss1(middle, c) == miss1{Pre}(middle, c);
    //@ assert m_new: \at(tables[upper].entry[ix2(gfn)],Pre) == 0 ==> \forall integer c; ix(c) ==> miss1(middle, c) == 1;
    //@ assert down: \forall integer b; ix(b) ==> \at(tables[upper].entry[b],Pre) != 0 ==> nonleaf_wf{Pre}(\at(tables[upper].entry[b],Pre), upper, b);
    leaf = leaf_below_middle(space, middle, gfn);
    //@ assert on: \forall integer c; ix(c) ==> miss2(upper, ix2(gfn), c) == miss1(middle, c);
    //@ assert off: \forall integer b, c; ix(b) ==> ix(c) ==> b != ix2(gfn) ==> miss2(upper, b, c) == miss2{Pre}(upper, b, c);
    return leaf;
}

/* As table_prepare(), where the slice has room. */
/*@ requires tables_inv;
    requires has_root(space) && gfn < GFN_LIMIT;
    requires room: missing(space, gfn) <= left(part(space));
    requires small: small(space, gfn);
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1];
    ensures inv: tables_inv;
    ensures others: same_slices_but{Pre,Post}(part(space));
    ensures tags: tags_kept{Pre,Post};
    ensures kept: leaves_kept{Pre,Post};
    ensures fresh: leaves_fresh{Pre,Post};
    ensures large: large_kept{Pre,Post} && large_old{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures tag: is_tab(\result, 0) && table_tags[\result].space == space && table_tags[\result].base == gfn / 512;
    ensures path: path(space, gfn) == \result;
    ensures value: walk(space, gfn) == tables[\result].entry[gfn % 512];
    ensures paid: left(part(space)) == \old(left(part(space))) - \old(missing(space, gfn));
    ensures provided: provided{Pre,Post}(space, gfn);
*/
static uint32_t leaf_make(uint32_t space, gfn_t gfn)
{
    uint32_t root = table_roots[space];
    uint32_t upper, leaf;

    //@ assert root: root_ok(space) && missing(space, gfn) == miss3(root, ix3(gfn), ix2(gfn), ix1(gfn));
    //@ assert i3: gfn / 134217728 % 512 == ix3(gfn);
    //@ assert wf: tables[root].entry[ix3(gfn)] != 0 ==> nonleaf_wf(tables[root].entry[ix3(gfn)], root, ix3(gfn));
    //@ assert wf2: tables[root].entry[ix3(gfn)] != 0 ==> tables[child(tables[root].entry[ix3(gfn)])].entry[ix2(gfn)] != 0 ==> nonleaf_wf(tables[child(tables[root].entry[ix3(gfn)])].entry[ix2(gfn)], child(tables[root].entry[ix3(gfn)]), ix2(gfn));
    upper = table_step(space, root, (uint32_t)(gfn / 134217728u % TABLE_SLOTS));
    //@ assert z: \at(tables[table_roots[space]].entry[ix3(gfn)],Pre) == 0 ==> miss2(upper, ix2(gfn), ix1(gfn)) == 2;
    //@ assert c: \at(tables[table_roots[space]].entry[ix3(gfn)],Pre) != 0 ==> upper == child{Pre}(\at(tables[table_roots[space]].entry[ix3(gfn)],Pre)) && in_use{Pre}(upper) && upper != root;
    //@ assert n: \at(tables[table_roots[space]].entry[ix3(gfn)],Pre) != 0 ==> miss2(upper, ix2(gfn), ix1(gfn)) == miss2{Pre}(upper, ix2(gfn), ix1(gfn)) && upper == child{Pre}(\at(tables[table_roots[space]].entry[ix3(gfn)],Pre));
    //@ assert s: small2(upper, ix2(gfn), ix1(gfn));
    //@ assert m: left(part(space)) - miss2(upper, ix2(gfn), ix1(gfn)) == \at(left(part(space)),Pre) - \at(missing(space, gfn),Pre);
    //@ assert up: is_tab(root, 3) && tables[root].entry[ix3(gfn)] != 0 && child(tables[root].entry[ix3(gfn)]) == upper;
    //@ assert down: \forall integer u, b; in_use{Pre}(u) ==> table_tags[u].level >= 2 ==> ix(b) ==> \at(tables[u].entry[b],Pre) != 0 ==> nonleaf_wf{Pre}(\at(tables[u].entry[b],Pre), u, b);
    //@ assert there: \at(tables[table_roots[space]].entry[ix3(gfn)],Pre) != 0 ==> is_tab{Pre}(upper, 2) && \forall integer u, k; in_use{Pre}(u) ==> ix(k) ==> tables[u].entry[k] == \at(tables[u].entry[k],Pre);
    //@ assert low_old: \at(tables[table_roots[space]].entry[ix3(gfn)],Pre) != 0 ==> \forall integer u, c; is_tab{Pre}(u, 1) ==> ix(c) ==> miss1(u, c) == miss1{Pre}(u, c);
    //@ assert m_old: \at(tables[table_roots[space]].entry[ix3(gfn)],Pre) != 0 ==> \forall integer b, c; ix(b) ==> ix(c) ==> miss2(upper, b, c) == miss2{Pre}(upper, b, c);
    //@ assert m_new: \at(tables[table_roots[space]].entry[ix3(gfn)],Pre) == 0 ==> \forall integer b, c; ix(b) ==> ix(c) ==> miss2(upper, b, c) == 2;
    leaf = leaf_below_upper(space, upper, gfn);
    //@ assert other_2: \forall integer u, k; is_tab{Pre}(u, 2) ==> ix(k) ==> \at(table_tags[u].base,Pre) != ix3(gfn) ==> tables[u].entry[k] == \at(tables[u].entry[k],Pre);
    //@ assert other_1: \forall integer u, c; is_tab{Pre}(u, 1) ==> ix(c) ==> \at(table_tags[u].base,Pre) != ix3(gfn) * 512 + ix2(gfn) ==> miss1(u, c) == miss1{Pre}(u, c);
    //@ assert base: \forall integer a, b; ix(b) ==> a != ix3(gfn) ==> a * 512 + b != ix3(gfn) * 512 + ix2(gfn);
    //@ assert off_2: \forall integer u, b, c; is_tab{Pre}(u, 2) ==> ix(b) ==> ix(c) ==> \at(table_tags[u].base,Pre) != ix3(gfn) ==> miss2(u, b, c) == miss2{Pre}(u, b, c);
    //@ assert off_r: \forall integer a; ix(a) ==> a != ix3(gfn) ==> tables[root].entry[a] == \at(tables[table_roots[space]].entry[a],Pre);
    //@ assert off: \forall integer a, b, c; ix(a) ==> ix(b) ==> ix(c) ==> a != ix3(gfn) ==> miss3(root, a, b, c) == miss3{Pre}(root, a, b, c);
    //@ assert up_still: tables[root].entry[ix3(gfn)] != 0 && child(tables[root].entry[ix3(gfn)]) == upper;
    //@ assert below: walk_tab2(upper, ix2(gfn), ix1(gfn)) == leaf && leaf >= 0;
    //@ assert value: walk2(upper, ix2(gfn), ix1(gfn), ix0(gfn)) == tables[leaf].entry[gfn % 512];
    //@ assert root_still: table_roots[space] == root && root != TABLE_NONE;
    //@ assert way: path(space, gfn) == walk_tab2(upper, ix2(gfn), ix1(gfn));
    //@ assert walk: walk(space, gfn) == walk2(upper, ix2(gfn), ix1(gfn), ix0(gfn));
    //@ assert on: \forall integer b, c; ix(b) ==> ix(c) ==> miss3(root, ix3(gfn), b, c) == miss2(upper, b, c);
    //@ assert on_old: \at(tables[table_roots[space]].entry[ix3(gfn)],Pre) != 0 ==> \forall integer b, c; ix(b) ==> ix(c) ==> miss3(root, ix3(gfn), b, c) == lesser(miss3{Pre}(root, ix3(gfn), b, c), b != ix2(gfn) ? 2 : c != ix1(gfn) ? 1 : 0);
    //@ assert on_new: \at(tables[table_roots[space]].entry[ix3(gfn)],Pre) == 0 ==> \forall integer b, c; ix(b) ==> ix(c) ==> miss3(root, ix3(gfn), b, c) == lesser(miss3{Pre}(root, ix3(gfn), b, c), b != ix2(gfn) ? 2 : c != ix1(gfn) ? 1 : 0);
    //@ assert most: \forall integer a, b, c; miss3{Pre}(root, a, b, c) <= 3;
    //@ assert misses: \forall integer a, b, c; ix(a) ==> ix(b) ==> ix(c) ==> miss3(root, a, b, c) == lesser(miss3{Pre}(root, a, b, c), a != ix3(gfn) ? 3 : b != ix2(gfn) ? 2 : c != ix1(gfn) ? 1 : 0);
    return leaf;
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
    table_step_store(table, slot, entry);
    //@ assert same: \forall integer u, j; in_use(u) ==> ix(j) ==> !(u == table && j == slot) ==> tables[u].entry[j] == \at(tables[u].entry[j],Pre);
    //@ assert down: downward{Pre};
    //@ assert below: \forall integer u, j; in_use(u) ==> ix(j) ==> 1 <= table_tags[u].level <= 3 ==> \at(tables[u].entry[j],Pre) != 0 ==> (table_tags[u].level == 1 ==> !large(\at(tables[u].entry[j],Pre))) ==> nonleaf_wf{Pre}(\at(tables[u].entry[j],Pre), u, j);
    //@ assert p1: \forall integer u, c; is_tab(u, 1) ==> ix(c) ==> walk_tab1{Pre}(u, c) == walk_tab1{Here}(u, c);
    //@ assert p2: \forall integer u, b, c; is_tab(u, 2) ==> ix(b) ==> ix(c) ==> walk_tab2{Pre}(u, b, c) == walk_tab2{Here}(u, b, c);
    //@ assert p3: \forall integer u, a, b, c; is_tab(u, 3) ==> ix(a) ==> ix(b) ==> ix(c) ==> walk_tab3{Pre}(u, a, b, c) == walk_tab3{Here}(u, a, b, c);
    //@ assert w0: same_but0{Pre,Here}(table, slot);
    //@ assert w1: same_but1{Pre,Here}(table, slot);
    //@ assert w2: same_but2{Pre,Here}(table, slot);
    //@ assert w3: same_but3{Pre,Here}(table, slot);
    //@ assert o0: \forall integer u, d; is_tab(u, 0) ==> ix(d) ==> walk0(u, d) == walk0{Pre}(u, d) || walk0(u, d) == entry;
    //@ assert o1: \forall integer u, c, d; is_tab(u, 1) ==> ix(c) ==> ix(d) ==> walk1(u, c, d) == walk1{Pre}(u, c, d) || walk1(u, c, d) == entry;
    //@ assert o2: \forall integer u, b, c, d; is_tab(u, 2) ==> ix(b) ==> ix(c) ==> ix(d) ==> walk2(u, b, c, d) == walk2{Pre}(u, b, c, d) || walk2(u, b, c, d) == entry;
    //@ assert o3: \forall integer u, a, b, c, d; is_tab(u, 3) ==> ix(a) ==> ix(b) ==> ix(c) ==> ix(d) ==> walk3(u, a, b, c, d) == walk3{Pre}(u, a, b, c, d) || walk3(u, a, b, c, d) == entry;
}
