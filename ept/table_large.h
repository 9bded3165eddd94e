/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EPT_TABLE_LARGE_H
#define EPT_TABLE_LARGE_H

#include "ept/table_logic.h"
#include "ept/table_types.h"

/* Large leaves: entries of level-1 tables that map 512 aligned frames.  They are made where no leaf table is, and split
 * on demand; a split changes no translation. */

/* The level-1 table where the walk of `gfn` passes, or TABLE_NONE. */
/*@ requires tables_inv;
    requires has_root(space) && gfn < GFN_LIMIT;
    assigns \nothing;
    ensures none: \result == TABLE_NONE ==> walk(space, gfn) == 0 && path(space, gfn) == -1 && small(space, gfn);
    ensures tag: \result != TABLE_NONE ==> is_tab(\result, 1) && table_tags[\result].space == space && table_tags[\result].base == gfn / 262144;
    ensures walk: \result != TABLE_NONE ==> walk(space, gfn) == walk1(\result, ix1(gfn), ix0(gfn)) && path(space, gfn) == walk_tab1(\result, ix1(gfn));
    ensures small: \result != TABLE_NONE ==> (small(space, gfn) <==> !large(tables[\result].entry[ix1(gfn)]));
*/
uint32_t table_large_find(uint32_t space, gfn_t gfn);

/* The same table, made if need be; TABLE_NONE where fewer than two tables are left in the slice.  Changes no translation. */
/*@ requires tables_inv;
    requires has_root(space) && gfn < GFN_LIMIT;
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1];
    ensures inv: tables_inv;
    ensures others: same_slices_but{Pre,Post}(part(space));
    ensures kept: tags_kept{Pre,Post} && leaves_kept{Pre,Post} && leaves_fresh{Pre,Post};
    ensures large: large_kept{Pre,Post} && large_old{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures tag: \result != TABLE_NONE ==> is_tab(\result, 1) && table_tags[\result].space == space && table_tags[\result].base == gfn / 262144;
*/
uint32_t table_large_prepare(uint32_t space, gfn_t gfn);

/* Writes large leaf `entry` into slot `slot` of level-1 table `table`, which is empty, by one store. */
/*@ requires tables_inv;
    requires is_tab(table, 1) && ix(slot) && tables[table].entry[slot] == 0;
    requires large_for(entry, table_tags[table].space);
    assigns tables[table].entry[slot];
    ensures inv: tables_inv;
    ensures written: tables[table].entry[slot] == entry;
    ensures paths: \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==> path{Pre}(a, g) == path{Post}(a, g);
    ensures others: \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==>
      !(a == table_tags[table].space && g / 512 == table_tags[table].base * 512 + slot) ==> walk(a, g) == walk{Pre}(a, g);
*/
void table_large_set(uint32_t table, uint32_t slot, uint64_t entry);

/* Splits the large leaf in slot `slot` of level-1 table `table` into the 512 leaves it stands for; the slice has a table
 * left.  The leaf table, which is linked last, by one store. */
/*@ requires tables_inv;
    requires is_tab(table, 1) && ix(slot) && large(tables[table].entry[slot]) && table_tags[table].base < 0x8000000;
    requires room: left(part(table_tags[table].space)) > 0;
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[part(table_tags[table].space)];
    ensures inv: tables_inv;
    ensures fresh: !in_use{Pre}(\result) && is_tab(\result, 0);
    ensures tag: table_tags[\result].space == \old(table_tags[table].space) && table_tags[\result].base == \old(table_tags[table].base) * 512 + slot;
    ensures pieces: \forall integer i; ix(i) ==> tables[\result].entry[i] == piece(\old(tables[table].entry[slot]), i);
    ensures only: \forall integer u; in_use(u) ==> in_use{Pre}(u) || u == \result;
    ensures tags: tags_kept{Pre,Post};
    ensures kept: \forall integer u, j; in_use{Pre}(u) ==> ix(j) ==> !(u == table && j == slot) ==> tables[u].entry[j] == \old(tables[u].entry[j]);
    ensures gone: !large(tables[table].entry[slot]);
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
*/
uint32_t table_large_split(uint32_t table, uint32_t slot);

#endif
