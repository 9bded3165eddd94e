/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EPT_TABLE_H
#define EPT_TABLE_H

#include "ept/table_logic.h"
#include "ept/table_types.h"

/* No slice is open.  `count` tables are backed, tables[0] is in frame `first`. */
/*@ requires count <= TABLES_MAX && first <= GFN_LIMIT - TABLES_MAX;
    assigns table_limit, tables_hfn, table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1];
    ensures inv: tables_inv;
    ensures limit: table_limit == count && tables_hfn == first;
    ensures none: \forall integer v; 0 <= v < PARTITIONS_MAX ==> table_slices[v].count == 0;
    ensures unused: \forall integer t; !in_use(t);
    ensures blank: \forall integer a; 0 <= a < SPACES_MAX ==> table_roots[a] == TABLE_NONE;
*/
void table_init(uint32_t count, hfn_t first);

/* The first free run of `count` tables, or TABLE_NONE: there is none. */
/*@ requires tables_inv;
    assigns \nothing;
    ensures range: \result == TABLE_NONE || (1 <= count && \result + count <= table_limit);
    ensures apart: \result != TABLE_NONE ==> \forall integer v; 0 <= v < PARTITIONS_MAX ==>
      table_slices[v].count == 0 || table_slices[v].first + table_slices[v].count <= \result ||
      \result + count <= table_slices[v].first;
    ensures first: \result != TABLE_NONE ==> first_slice(\result, count);
    ensures none: 1 <= count ==> \result == TABLE_NONE ==> no_slice(count);
*/
uint32_t table_slice_find(uint64_t count);

/* Opens the slice of `partition`, which has none, on a run from table_slice_find(), and makes the root
 * of its EPT.  count is at least 1. */
/*@ requires tables_inv;
    requires is_partition(partition);
    requires none: table_slices[partition].count == 0;
    requires no_trees: table_roots[2 * partition] == TABLE_NONE && table_roots[2 * partition + 1] == TABLE_NONE;
    requires room: 1 <= count && first + count <= table_limit;
    requires apart: \forall integer v; 0 <= v < PARTITIONS_MAX ==>
      table_slices[v].count == 0 || table_slices[v].first + table_slices[v].count <= first ||
      first + count <= table_slices[v].first;
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[partition],
            table_roots[2 * partition];
    ensures inv: tables_inv;
    ensures root: has_root(2 * partition);
    ensures slice: table_slices[partition].first == first && table_slices[partition].count == count;
    ensures kept: tags_kept{Pre,Post} && leaves_kept{Pre,Post} && leaves_fresh{Pre,Post};
    ensures large: large_kept{Pre,Post} && large_old{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
*/
void table_slice_open(uint32_t partition, uint32_t first, uint32_t count);

/* The partition's tables are nobody's.  No CPU and no device may use them any more. */
/*@ requires tables_inv;
    requires is_partition(partition);
    assigns table_roots[2 * partition], table_roots[2 * partition + 1], table_slices[partition];
    ensures inv: tables_inv;
    ensures none: table_slices[partition].count == 0;
    ensures no_trees: table_roots[2 * partition] == TABLE_NONE && table_roots[2 * partition + 1] == TABLE_NONE;
    ensures gone: \forall integer t; in_use(t) <==> in_use{Pre}(t) && part(table_tags[t].space) != partition;
    ensures walks: \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==>
      walk(a, g) == (part(a) == partition ? 0 : walk{Pre}(a, g));
    ensures paths: \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==> part(a) != partition ==>
      path(a, g) == path{Pre}(a, g);
*/
void table_slice_close(uint32_t partition);

/* The leaf entry of `gfn` in `space`, as the hardware would find it, of a large leaf its piece; 0: not mapped, or no such space. */
/*@ requires tables_inv;
    assigns \nothing;
    ensures found: is_space(space) && gfn < GFN_LIMIT ==> \result == walk(space, gfn);
    ensures none: !(is_space(space) && gfn < GFN_LIMIT) ==> \result == 0;
*/
uint64_t table_translate(uint32_t space, gfn_t gfn);

/* The leaf table that covers `gfn`, or TABLE_NONE: there is none, or a large leaf. */
/*@ requires tables_inv;
    assigns \nothing;
    ensures none: \result == TABLE_NONE ==> is_space(space) && gfn < GFN_LIMIT ==>
      path(space, gfn) == -1 && (small(space, gfn) ==> walk(space, gfn) == 0);
    ensures small: \result != TABLE_NONE ==> small(space, gfn);
    ensures tag: \result != TABLE_NONE ==> is_space(space) && gfn < GFN_LIMIT && is_tab(\result, 0) &&
      table_tags[\result].space == space && table_tags[\result].base == gfn / 512;
    ensures path: \result != TABLE_NONE ==> path(space, gfn) == \result;
    ensures value: \result != TABLE_NONE ==> walk(space, gfn) == tables[\result].entry[gfn % 512];
*/
uint32_t table_leaf(uint32_t space, gfn_t gfn);

/* The leaf table that covers `gfn`, made if need be; TABLE_NONE where the slice is used up.  Changes no
 * translation.  The space has a root; gfn is below GFN_LIMIT; no large leaf covers it (ept/table_large.h splits). */
/*@ requires tables_inv;
    requires has_root(space) && gfn < GFN_LIMIT && small(space, gfn);
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1];
    ensures inv: tables_inv;
    ensures exact: \result == TABLE_NONE <==> \old(missing(space, gfn)) > \old(left(part(space)));
    ensures none: \result == TABLE_NONE ==> same_slices_but{Pre,Post}(0) && table_slices[0] == \old(table_slices[0]);
    ensures same: \result == TABLE_NONE ==> same_missing{Pre,Post}(space);
    ensures provided: \result != TABLE_NONE ==> provided{Pre,Post}(space, gfn);
    ensures others: same_slices_but{Pre,Post}(part(space));
    ensures paid: \result != TABLE_NONE ==> left(part(space)) == \old(left(part(space))) - \old(missing(space, gfn));
    ensures kept: tags_kept{Pre,Post} && leaves_kept{Pre,Post} && leaves_fresh{Pre,Post};
    ensures large: large_kept{Pre,Post} && large_old{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures tag: \result != TABLE_NONE ==> is_tab(\result, 0) &&
      table_tags[\result].space == space && table_tags[\result].base == gfn / 512;
    ensures path: \result != TABLE_NONE ==> path(space, gfn) == \result;
    ensures value: \result != TABLE_NONE ==> walk(space, gfn) == tables[\result].entry[gfn % 512];
*/
uint32_t table_prepare(uint32_t space, gfn_t gfn);

/* Writes slot `slot` of leaf table `table`, by one store. */
/*@ requires tables_inv;
    requires is_tab(table, 0) && ix(slot);
    requires entry == 0 || leaf_wf(entry, table);
    assigns tables[table].entry[slot];
    ensures inv: tables_inv;
    ensures written: tables[table].entry[slot] == entry;
    ensures paths: \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==> path{Pre}(a, g) == path{Post}(a, g);
    ensures others: same_walks_but{Pre,Post}(table_tags[table].space, table_tags[table].base * 512 + slot);
    ensures hit: \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==> path{Pre}(a, g) == table ==>
      ix0(g) == slot ==> walk{Post}(a, g) == entry;
    ensures only: \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==>
      walk{Post}(a, g) == walk{Pre}(a, g) || walk{Post}(a, g) == entry;
*/
void table_set(uint32_t table, uint32_t slot, uint64_t entry);

#endif
