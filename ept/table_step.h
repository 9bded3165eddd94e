/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EPT_TABLE_STEP_H
#define EPT_TABLE_STEP_H

#include "ept/table_logic.h"
#include "ept/table_types.h"

/* How a tree grows by one table, inside of ept/. */

/*@ predicate tables_kept{L1,L2} = tags_kept{L1,L2} && \forall integer u, j; in_use{L1}(u) ==> ix(j) ==>
      \at(tables[u].entry[j],L1) == \at(tables[u].entry[j],L2);
    predicate same_p1{L1,L2} = \forall integer u, c; is_tab{L1}(u, 1) ==> ix(c) ==>
      walk_tab1{L1}(u, c) >= 0 ==> walk_tab1{L2}(u, c) == walk_tab1{L1}(u, c);
    predicate same_p2{L1,L2} = \forall integer u, b, c; is_tab{L1}(u, 2) ==> ix(b) ==> ix(c) ==>
      walk_tab2{L1}(u, b, c) >= 0 ==> walk_tab2{L2}(u, b, c) == walk_tab2{L1}(u, b, c);
    predicate same_p3{L1,L2} = \forall integer u, a, b, c; is_tab{L1}(u, 3) ==> ix(a) ==> ix(b) ==> ix(c) ==>
      walk_tab3{L1}(u, a, b, c) >= 0 ==> walk_tab3{L2}(u, a, b, c) == walk_tab3{L1}(u, a, b, c);
    // What entries above leaves point to.
    predicate downward{L} = \forall integer u, j; in_use{L}(u) ==> ix(j) ==> 1 <= \at(table_tags[u].level,L) <= 3 ==>
      \at(tables[u].entry[j],L) != 0 ==> (\at(table_tags[u].level,L) == 1 ==> !large(\at(tables[u].entry[j],L))) ==>
      is_tab{L}(child{L}(\at(tables[u].entry[j],L)), \at(table_tags[u].level,L) - 1);
    // Blank, or the leaves of large leaf e.
    predicate filled{L}(integer t, integer e) = \forall integer i; ix(i) ==>
      \at(tables[t].entry[i],L) == (e == 0 ? 0 : piece(e, i));
    // The next table of the partition's slice, not in use.
    predicate next_table{L}(integer v, integer t) = 0 <= t < TABLES_MAX &&
      t == \at(table_slices[v].first,L) + \at(table_slices[v].used,L) && !in_use{L}(t);
*/

/* One store, which the hardware may read at any time: never torn, never before the stores above it. */
/*@ requires table < TABLES_MAX && slot < TABLE_SLOTS;
    assigns tables[table].entry[slot];
    ensures tables[table].entry[slot] == entry;
*/
void table_step_store(uint32_t table, uint32_t slot, uint64_t entry);

/* Takes the next table of the slice into use, not yet linked: blank where `from` is 0, or filled with the 512 leaves that
 * large leaf `from` stands for. */
/*@ requires tables_inv && is_space(space) && left(part(space)) > 0 && level <= 3;
    requires from: from == 0 || (level == 0 && large_for(from, space));
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[part(space)];
    ensures inv: tables_inv;
    ensures fresh: \result < TABLES_MAX && !in_use{Pre}(\result) && in_use(\result);
    ensures entries: filled(\result, from);
    ensures tag: table_tags[\result].space == space && table_tags[\result].level == level && table_tags[\result].base == base;
    ensures kept: tables_kept{Pre,Post};
    ensures only: \forall integer u; in_use(u) ==> in_use{Pre}(u) || u == \result;
    ensures paid: table_slices[part(space)] == {\old(table_slices[part(space)]) \with .used = (uint32_t)(\old(table_slices[part(space)].used) + 1)};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
*/
uint32_t table_step_take(uint32_t space, uint32_t level, uint64_t base, uint64_t from);

/* From table `table` of space `space`, slot `slot`, to the table below; made if absent. */
/*@ requires tables_inv;
    requires is_space(space) && table_tags[table].space == space && in_use(table) && ix(slot) && 1 <= table_tags[table].level <= 3;
    requires table_tags[table].base < 0x8000000;
    requires small: table_tags[table].level == 1 ==> !large(tables[table].entry[slot]);
    requires room: tables[table].entry[slot] == 0 ==> left(part(space)) > 0;
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1];
    ensures inv: tables_inv;
    ensures \result < TABLES_MAX;
    ensures others: same_slices_but{Pre,Post}(part(space));
    ensures tags: tags_kept{Pre,Post};
    ensures kept: leaves_kept{Pre,Post};
    ensures fresh: leaves_fresh{Pre,Post};
    ensures large: large_kept{Pre,Post} && large_old{Pre,Post};
    ensures linked: tables[table].entry[slot] != 0 && child(tables[table].entry[slot]) == \result && in_use(\result) &&
      table_tags[\result].space == space &&
      table_tags[\result].level == \old(table_tags[table].level) - 1 &&
      table_tags[\result].base == \old(table_tags[table].base) * 512 + slot;
    ensures walks: same_walks{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures upper: \forall integer u, j; in_use{Pre}(u) ==> ix(j) ==> !(u == table && j == slot) ==>
      tables[u].entry[j] == \old(tables[u].entry[j]);
    ensures there: \old(tables[table].entry[slot]) != 0 ==> tables[table].entry[slot] == \old(tables[table].entry[slot]);
    ensures paid: left(part(space)) ==
      \old(left(part(space))) - (\old(tables[table].entry[slot]) == 0 ? 1 : 0);
    ensures empty: \old(tables[table].entry[slot]) == 0 ==> \forall integer k; ix(k) ==> tables[\result].entry[k] == 0;
*/
uint32_t table_step(uint32_t space, uint32_t table, uint32_t slot);

#endif
