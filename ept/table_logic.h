/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EPT_TABLE_LOGIC_H
#define EPT_TABLE_LOGIC_H

#include "ept/table_types.h"

/*
 * What is said of tables in contracts (no code).
 *
 * The invariant is local, one slot at a time: each entry agrees with the tag of what it points to.  That the tree has
 * no cycles, that no table is in two trees and that each path leads to the right place follows from the tags.
 */
/*@ predicate is_partition(integer v) = 0 < v < PARTITIONS_MAX;
    predicate is_space(integer a) = 2 <= a < SPACES_MAX;
    logic integer part(integer a) = a / 2;
    predicate ix(integer i) = 0 <= i < TABLE_SLOTS;

    // --- slices ---------------------------------------------------------------------------------
    predicate in_slice{L}(integer v, integer t) =
      \at(table_slices[v].first,L) <= t < \at(table_slices[v].first,L) + \at(table_slices[v].used,L);
    predicate in_use{L}(integer t) =
      0 <= t < TABLES_MAX && is_space(\at(table_tags[t].space,L)) && in_slice{L}(part(\at(table_tags[t].space,L)), t);
    predicate is_tab{L}(integer t, integer l) = in_use{L}(t) && \at(table_tags[t].level,L) == l;
    logic integer left{L}(integer v) = \at(table_slices[v].count,L) - \at(table_slices[v].used,L);

    predicate slice_wf{L}(integer v) =
      \at(table_slices[v].used,L) <= \at(table_slices[v].count,L) &&
      \at(table_slices[v].first,L) + \at(table_slices[v].count,L) <= \at(table_limit,L);
    predicate apart{L}(integer v, integer w) =
      \at(table_slices[v].count,L) == 0 || \at(table_slices[w].count,L) == 0 ||
      \at(table_slices[v].first,L) + \at(table_slices[v].count,L) <= \at(table_slices[w].first,L) ||
      \at(table_slices[w].first,L) + \at(table_slices[w].count,L) <= \at(table_slices[v].first,L);
    predicate slices_inv{L} =
      (\forall integer v; 0 <= v < PARTITIONS_MAX ==> slice_wf{L}(v)) &&
      (\forall integer v, w; 0 <= v < PARTITIONS_MAX ==> 0 <= w < PARTITIONS_MAX ==> v != w ==> apart{L}(v, w));
    // First fit: n tables from `at` meet a slice; `at` is the first where they meet none; there is no such place.
    predicate in_way{L}(integer v, integer at, integer n) = \at(table_slices[v].count,L) != 0 &&
      \at(table_slices[v].first,L) < at + n && at < \at(table_slices[v].first,L) + \at(table_slices[v].count,L);
    predicate meets_slice{L}(integer at, integer n) = \exists integer v; 0 <= v < PARTITIONS_MAX && in_way{L}(v, at, n);
    predicate slices_end{L}(integer at, integer n) = \forall integer p; 0 <= p < at ==> meets_slice{L}(p, n);
    predicate first_slice{L}(integer at, integer n) = 0 <= at && at + n <= \at(table_limit,L) && !meets_slice{L}(at, n) && slices_end{L}(at, n);
    predicate no_slice{L}(integer n) = \forall integer p; 0 <= p ==> p + n <= \at(table_limit,L) ==> meets_slice{L}(p, n);
    predicate same_slices_but{L1,L2}(integer a) = \forall integer v; 0 <= v < PARTITIONS_MAX ==> v != a ==>
      \at(table_slices[v],L1) == \at(table_slices[v],L2);

    // --- entries --------------------------------------------------------------------------------
    predicate pool_ok{L} = \at(tables_hfn,L) <= 0x1000000000 - TABLES_MAX && \at(table_limit,L) <= TABLES_MAX;
    logic integer ent_hfn(integer e) = e / 4096;
    logic integer child{L}(integer e) = e / 4096 - \at(tables_hfn,L);
    logic integer slot_id(integer t, integer i) = t * 512 + i + 1;
    logic integer slot_t(integer s) = (s - 1) / 512;
    logic integer slot_i(integer s) = (s - 1) % 512;
    logic integer tab_flags(integer a) = a % 2 == 1 ? VTD_TABLE : EPT_TABLE;
    predicate leaf_flags(integer a, integer f) =
      a % 2 == 1 ? f == VTD_LEAF : (f == EPT_LEAF_OWNED || f == EPT_LEAF_SHARED);

    predicate nonleaf_wf{L}(integer e, integer t, integer i) =
      e % 4096 == tab_flags(\at(table_tags[t].space,L)) &&
      0 <= child{L}(e) < TABLES_MAX && in_use{L}(child{L}(e)) &&
      \at(table_tags[child{L}(e)].level,L) == \at(table_tags[t].level,L) - 1 &&
      \at(table_tags[child{L}(e)].space,L) == \at(table_tags[t].space,L) &&
      \at(table_tags[child{L}(e)].base,L) == \at(table_tags[t].base,L) * 512 + i;
    predicate leaf_for(integer e, integer a) = leaf_flags(a, e % 4096) && ent_hfn(e) < FRAMES_MAX;
    predicate leaf_wf{L}(integer e, integer t) = leaf_for(e, \at(table_tags[t].space,L));
    // At level 1, bit 7 makes a leaf of 512 frames.  No entry to a table has so high flags.
    predicate large(integer e) = e % 4096 >= EPT_LARGE;
    predicate large_for(integer e, integer a) =
      large(e) && leaf_flags(a, e % 4096 - EPT_LARGE) && ent_hfn(e) % 512 == 0 && ent_hfn(e) + 512 <= FRAMES_MAX;
    // The entry of frame d of a large leaf, as if it were a small leaf.
    logic integer piece(integer e, integer d) = e - EPT_LARGE + d * 4096;
    lemma piece_is: \forall integer e, d; 0 <= e ==> 0 <= d ==> large(e) ==>
      piece(e, d) % 4096 == e % 4096 - EPT_LARGE && ent_hfn(piece(e, d)) == ent_hfn(e) + d;
    predicate slot_wf{L}(integer t, integer i) =
      \at(tables[t].entry[i],L) == 0
      || (1 <= \at(table_tags[t].level,L) <= 3 && nonleaf_wf{L}(\at(tables[t].entry[i],L), t, i))
      || (\at(table_tags[t].level,L) == 1 && large_for(\at(tables[t].entry[i],L), \at(table_tags[t].space,L)))
      || (\at(table_tags[t].level,L) == 0 && leaf_wf{L}(\at(tables[t].entry[i],L), t));
    predicate slots_inv{L} =
      (\forall integer t; in_use{L}(t) ==> \at(table_tags[t].level,L) <= 3) &&
      (\forall integer t, i; in_use{L}(t) ==> ix(i) ==> slot_wf{L}(t, i));

    // --- roots ----------------------------------------------------------------------------------
    predicate root_ok{L}(integer a) =
      is_space(a) && 0 <= \at(table_roots[a],L) && is_tab{L}(\at(table_roots[a],L), 3) &&
      \at(table_tags[\at(table_roots[a],L)].space,L) == a && \at(table_tags[\at(table_roots[a],L)].base,L) == 0;
    predicate roots_inv{L} = \forall integer a; 0 <= a < SPACES_MAX ==>
      \at(table_roots[a],L) == TABLE_NONE || root_ok{L}(a);
    predicate has_root{L}(integer a) = is_space(a) && \at(table_roots[a],L) != TABLE_NONE;

    predicate tables_inv{L} = pool_ok{L} && slices_inv{L} && slots_inv{L} && roots_inv{L};

    // --- what the hardware does: the page walk, as a pure function of slot indices ------------------
    logic integer walk_tab1{L}(integer t, integer c) =
      \at(tables[t].entry[c],L) == 0 || \at(tables[t].entry[c],L) % 4096 >= EPT_LARGE ? -1 : child{L}(\at(tables[t].entry[c],L));
    logic integer walk_tab2{L}(integer t, integer b, integer c) =
      \at(tables[t].entry[b],L) == 0 ? -1 : walk_tab1{L}(child{L}(\at(tables[t].entry[b],L)), c);
    logic integer walk_tab3{L}(integer t, integer a, integer b, integer c) =
      \at(tables[t].entry[a],L) == 0 ? -1 : walk_tab2{L}(child{L}(\at(tables[t].entry[a],L)), b, c);
    logic integer walk0{L}(integer t, integer d) = \at(tables[t].entry[d],L);
    logic integer walk1{L}(integer t, integer c, integer d) =
      \at(tables[t].entry[c],L) == 0 ? 0 : \at(tables[t].entry[c],L) % 4096 >= EPT_LARGE ? piece(\at(tables[t].entry[c],L), d) :
      walk0{L}(child{L}(\at(tables[t].entry[c],L)), d);
    logic integer walk2{L}(integer t, integer b, integer c, integer d) =
      \at(tables[t].entry[b],L) == 0 ? 0 : walk1{L}(child{L}(\at(tables[t].entry[b],L)), c, d);
    logic integer walk3{L}(integer t, integer a, integer b, integer c, integer d) =
      \at(tables[t].entry[a],L) == 0 ? 0 : walk2{L}(child{L}(\at(tables[t].entry[a],L)), b, c, d);
    logic integer ix3(integer g) = (g / 134217728) % 512;
    logic integer ix2(integer g) = (g / 262144) % 512;
    logic integer ix1(integer g) = (g / 512) % 512;
    logic integer ix0(integer g) = g % 512;
    logic integer walk{L}(integer a, integer g) =
      \at(table_roots[a],L) == TABLE_NONE ? 0 : walk3{L}(\at(table_roots[a],L), ix3(g), ix2(g), ix1(g), ix0(g));
    // The leaf table where the walk of g ends, or -1: there is none, or a large leaf.
    logic integer path{L}(integer a, integer g) =
      \at(table_roots[a],L) == TABLE_NONE ? -1 : walk_tab3{L}(\at(table_roots[a],L), ix3(g), ix2(g), ix1(g));
    // No large leaf is in the way of g.
    predicate small1{L}(integer t, integer c) = !large(\at(tables[t].entry[c],L));
    predicate small2{L}(integer t, integer b, integer c) =
      \at(tables[t].entry[b],L) == 0 || small1{L}(child{L}(\at(tables[t].entry[b],L)), c);
    predicate small3{L}(integer t, integer a, integer b, integer c) =
      \at(tables[t].entry[a],L) == 0 || small2{L}(child{L}(\at(tables[t].entry[a],L)), b, c);
    predicate small{L}(integer a, integer g) =
      \at(table_roots[a],L) == TABLE_NONE || small3{L}(\at(table_roots[a],L), ix3(g), ix2(g), ix1(g));
    lemma ix_range: \forall integer g; 0 <= g ==> ix(ix3(g)) && ix(ix2(g)) && ix(ix1(g)) && ix(ix0(g));
    lemma ix_split: \forall integer g; 0 <= g < GFN_LIMIT ==> (ix3(g) * 512 + ix2(g)) * 512 + ix1(g) == g / 512;
    lemma ix_join: \forall integer g; 0 <= g ==> g == g / 512 * 512 + ix0(g);

    // How many tables a mapping of g lacks, where no large leaf is in the way.
    logic integer miss1{L}(integer t, integer c) = \at(tables[t].entry[c],L) == 0 ? 1 : 0;
    logic integer miss2{L}(integer t, integer b, integer c) =
      \at(tables[t].entry[b],L) == 0 ? 2 : miss1{L}(child{L}(\at(tables[t].entry[b],L)), c);
    logic integer miss3{L}(integer t, integer a, integer b, integer c) =
      \at(tables[t].entry[a],L) == 0 ? 3 : miss2{L}(child{L}(\at(tables[t].entry[a],L)), b, c);
    logic integer missing{L}(integer a, integer g) = miss3{L}(\at(table_roots[a],L), ix3(g), ix2(g), ix1(g));

    // How many tables the ways to g and to h do not share, and what h lacks once g lacks none.
    logic integer unshared(integer g, integer h) = ix3(g) != ix3(h) ? 3 : ix2(g) != ix2(h) ? 2 : ix1(g) != ix1(h) ? 1 : 0;
    logic integer lesser(integer m, integer n) = m <= n ? m : n;
    logic integer lacks{L}(integer a, integer g, integer h) = lesser(missing{L}(a, h), unshared(g, h));
    predicate same_missing{L1,L2}(integer a) = \forall integer g; 0 <= g < GFN_LIMIT ==> missing{L1}(a, g) == missing{L2}(a, g);
    predicate provided{L1,L2}(integer a, integer g) = \forall integer h; 0 <= h < GFN_LIMIT ==> missing{L2}(a, h) == lacks{L1}(a, g, h);

    // --- what changes, and what does not --------------------------------------------------------------
    predicate same_w0{L1,L2} = \forall integer u, d; is_tab{L1}(u, 0) ==> ix(d) ==> walk0{L1}(u, d) == walk0{L2}(u, d);
    predicate same_w1{L1,L2} = \forall integer u, c, d; is_tab{L1}(u, 1) ==> ix(c) ==> ix(d) ==>
      walk1{L1}(u, c, d) == walk1{L2}(u, c, d);
    predicate same_w2{L1,L2} = \forall integer u, b, c, d; is_tab{L1}(u, 2) ==> ix(b) ==> ix(c) ==> ix(d) ==>
      walk2{L1}(u, b, c, d) == walk2{L2}(u, b, c, d);
    predicate same_w3{L1,L2} = \forall integer u, a, b, c, d; is_tab{L1}(u, 3) ==> ix(a) ==> ix(b) ==> ix(c) ==> ix(d) ==>
      walk3{L1}(u, a, b, c, d) == walk3{L2}(u, a, b, c, d);
    predicate same_walks{L1,L2} = \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==>
      walk{L1}(a, g) == walk{L2}(a, g);
    predicate same_walks_but{L1,L2}(integer b, integer gfn) = \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==>
      !(a == b && g == gfn) ==> walk{L1}(a, g) == walk{L2}(a, g);
    // Leaf tables stay, with what is in them ...
    predicate paths_kept{L1,L2} = \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==>
      path{L1}(a, g) >= 0 ==> path{L2}(a, g) == path{L1}(a, g);
    predicate tags_kept{L1,L2} = \forall integer u; in_use{L1}(u) ==>
      in_use{L2}(u) && \at(table_tags[u],L1) == \at(table_tags[u],L2);
    predicate leaves_kept{L1,L2} = \forall integer u, j; is_tab{L1}(u, 0) ==> ix(j) ==>
      \at(tables[u].entry[j],L1) == \at(tables[u].entry[j],L2);
    // ... and new ones are blank.
    predicate leaves_fresh{L1,L2} = \forall integer u, j; is_tab{L2}(u, 0) ==> !in_use{L1}(u) ==> ix(j) ==>
      \at(tables[u].entry[j],L2) == 0;
    // Large leaves stay, and there are no new ones.
    predicate large_kept{L1,L2} = \forall integer u, j; is_tab{L1}(u, 1) ==> ix(j) ==> large(\at(tables[u].entry[j],L1)) ==>
      \at(tables[u].entry[j],L2) == \at(tables[u].entry[j],L1);
    predicate large_old{L1,L2} = \forall integer u, j; is_tab{L2}(u, 1) ==> ix(j) ==> large(\at(tables[u].entry[j],L2)) ==>
      is_tab{L1}(u, 1) && \at(tables[u].entry[j],L1) == \at(tables[u].entry[j],L2);
*/

#endif
