/* SPDX-License-Identifier: Apache-2.0 */
#include "ept/table_step.h"

#ifndef __FRAMAC__
#include "ept/table_cache.h"
#endif

void table_step_store(uint32_t table, uint32_t slot, uint64_t entry)
{
#ifdef __FRAMAC__
    tables[table].entry[slot] = entry;
#else
    __atomic_store_n(&tables[table].entry[slot], entry, __ATOMIC_RELEASE);
    table_cache_stored(&tables[table].entry[slot], sizeof(entry));
#endif
}

/* The number of the next table of the slice. */
/*@ requires tables_inv && is_partition(partition) && left(partition) > 0;
    assigns \nothing;
    ensures next: next_table(partition, \result);
*/
static uint32_t next_of(uint32_t partition)
{
    //@ assert wf: slice_wf(partition);
    //@ assert apart: \forall integer w; 0 <= w < PARTITIONS_MAX ==> w != partition ==> apart(w, partition) && slice_wf(w);
    return table_slices[partition].first + table_slices[partition].used;
}

/* Writes the next table of the slice: blank, or the leaves of large leaf `from`. */
/*@ requires tables_inv && is_space(space) && left(part(space)) > 0;
    requires from: from == 0 || large_for(from, space);
    assigns tables[0 .. TABLES_MAX - 1];
    ensures next: next_table(part(space), \result) && next_table{Pre}(part(space), \result);
    ensures inv: tables_inv;
    ensures entries: filled(\result, from);
    ensures kept: \forall integer u, j; in_use(u) ==> ix(j) ==> tables[u].entry[j] == \old(tables[u].entry[j]);
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
*/
static uint32_t table_fill(uint32_t space, uint64_t from)
{
    uint32_t t = next_of(space / 2u);

    /*@ loop invariant 0 <= i <= TABLE_SLOTS;
        loop invariant filled: \forall integer j; 0 <= j < i ==> tables[t].entry[j] == (from == 0 ? 0 : piece(from, j));
        loop invariant others: \forall integer u, j; 0 <= u < TABLES_MAX ==> ix(j) ==> u != t ==>
          tables[u].entry[j] == \at(tables[u].entry[j],Pre);
        loop assigns i, tables[t].entry[0 .. TABLE_SLOTS - 1];
        loop variant TABLE_SLOTS - i; */
    for (uint32_t i = 0; i < TABLE_SLOTS; i++) {
        tables[t].entry[i] = from == 0 ? 0 : from - EPT_LARGE + i * FRAME_SIZE;
    }
#ifndef __FRAMAC__
    table_cache_stored(&tables[t], sizeof(tables[t]));
#endif
    //@ assert others: \forall integer u, j; in_use{Pre}(u) ==> ix(j) ==> tables[u].entry[j] == \at(tables[u].entry[j],Pre);
    //@ assert down: downward{Pre};
    //@ assert inv: tables_inv;
    //@ assert w0: same_w0{Pre,Here};
    //@ assert w1: same_w1{Pre,Here};
    //@ assert w2: same_w2{Pre,Here};
    //@ assert w3: same_w3{Pre,Here};
    //@ assert walks: same_walks{Pre,Here};
    //@ assert p1: same_p1{Pre,Here};
    //@ assert p2: same_p2{Pre,Here};
    //@ assert p3: same_p3{Pre,Here};
    //@ assert paths: paths_kept{Pre,Here};
    return t;
}

/* Takes table `table`, the next one of the slice, into use. */
/*@ requires tables_inv && is_space(space) && left(part(space)) > 0 && level <= 3 && next_table(part(space), table);
    requires from: from == 0 || (level == 0 && large_for(from, space));
    requires entries: filled(table, from);
    assigns table_tags[table], table_slices[part(space)];
    ensures inv: tables_inv;
    ensures fresh: !in_use{Pre}(table) && in_use(table);
    ensures tag: table_tags[table].space == space && table_tags[table].level == level && table_tags[table].base == base;
    ensures kept: tags_kept{Pre,Post};
    ensures only: \forall integer u; in_use(u) ==> in_use{Pre}(u) || u == table;
    ensures paid: table_slices[part(space)] == {\old(table_slices[part(space)]) \with .used = (uint32_t)(\old(table_slices[part(space)].used) + 1)};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
*/
static void table_use(uint32_t space, uint32_t table, uint32_t level, uint64_t base, uint64_t from)
{
    (void)from;
    //@ assert wf: slice_wf(space / 2);
    table_tags[table].space = space;
    table_tags[table].level = level;
    table_tags[table].base = base;
    table_slices[space / 2u].used += 1u;
    //@ assert mine: in_use(table);
    //@ assert only: \forall integer u; in_use(u) ==> in_use{Pre}(u) || u == table;
    //@ assert kept: tags_kept{Pre,Here};
    //@ assert down: downward{Pre};
    //@ assert leaves: from != 0 ==> \forall integer i; ix(i) ==> piece(from, i) % 4096 == from % 4096 - EPT_LARGE && ent_hfn(piece(from, i)) == ent_hfn(from) + i;
    //@ assert mine_wf: \forall integer i; ix(i) ==> slot_wf(table, i);
    //@ assert others_wf: \forall integer u, i; in_use{Pre}(u) ==> ix(i) ==> slot_wf(u, i);
    //@ assert slots: slots_inv;
    //@ assert roots: roots_inv;
    //@ assert w0: same_w0{Pre,Here};
    //@ assert w1: same_w1{Pre,Here};
    //@ assert w2: same_w2{Pre,Here};
    //@ assert w3: same_w3{Pre,Here};
    //@ assert p1: same_p1{Pre,Here};
    //@ assert p2: same_p2{Pre,Here};
    //@ assert p3: same_p3{Pre,Here};
}

uint32_t table_step_take(uint32_t space, uint32_t level, uint64_t base, uint64_t from)
{
    uint32_t t = table_fill(space, from);

    table_use(space, t, level, base, from);
    return t;
}

/* Links blank table `below` into slot `slot` of table `table`, which is empty. */
/*@ requires tables_inv;
    requires in_use(table) && ix(slot) && 1 <= table_tags[table].level <= 3 && tables[table].entry[slot] == 0;
    requires in_use(below) && table_tags[below].space == table_tags[table].space &&
      table_tags[below].level == table_tags[table].level - 1 &&
      table_tags[below].base == table_tags[table].base * 512 + slot;
    requires blank: \forall integer k; ix(k) ==> tables[below].entry[k] == 0;
    assigns tables[table].entry[slot];
    ensures inv: tables_inv;
    ensures linked: tables[table].entry[slot] != 0 && child(tables[table].entry[slot]) == below;
    ensures table: !large(tables[table].entry[slot]);
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
*/
static void table_link(uint32_t table, uint32_t slot, uint32_t below)
{
    uint64_t flags = table_tags[table].space % 2u == 1u ? VTD_TABLE : EPT_TABLE;

    table_step_store(table, slot, (tables_hfn + below) * FRAME_SIZE + flags);
    //@ assert wf: nonleaf_wf(tables[table].entry[slot], table, slot);
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

uint32_t table_step(uint32_t space, uint32_t table, uint32_t slot)
{
    uint32_t t;

    if (tables[table].entry[slot] != 0) {
        //@ assert wf: nonleaf_wf(tables[table].entry[slot], table, slot);
        return (uint32_t)(tables[table].entry[slot] / FRAME_SIZE - tables_hfn);
    }
    t = table_step_take(space, table_tags[table].level - 1u, table_tags[table].base * TABLE_SLOTS + slot, 0);
    table_link(table, slot, t);
    //@ assert kept: \forall integer u, j; in_use{Pre}(u) ==> ix(j) ==> !(u == table && j == slot) ==> tables[u].entry[j] == \at(tables[u].entry[j],Pre);
    //@ assert blank: \forall integer j; ix(j) ==> tables[t].entry[j] == 0;
    //@ assert none: \forall integer j; ix(j) ==> !large(tables[t].entry[j]);
    //@ assert large_kept: large_kept{Pre,Here};
    //@ assert large_old: large_old{Pre,Here};
    return t;
}
