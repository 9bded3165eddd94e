/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOMMU_VTD_LINKS_H
#define IOMMU_VTD_LINKS_H

#include <stdint.h>

#include "ept/table.h"

/*
 * What of a guest's EPT its domain shows: the half with the shared bit, as copies of its links at the level below the root.
 * Entry i translates the guest frames from i GiB on.  The shared bit is S guest frames, a power of two: it is an index of
 * the root, and all of a table below it is that half; or it halves the table below the root's first entry.
 */
#define VTD_LINKS_MAX    16u
#define VTD_LINK_FRAMES  0x40000u   /* what an entry translates */
#define VTD_LINKS_FRAMES 0x8000000u /* what a table of them translates: 512 GiB */

/* One frame; arrays of them are aligned. */
struct vtd_links {
    uint64_t entry[TABLE_SLOTS];
};
_Static_assert(sizeof(struct vtd_links) == FRAME_SIZE, "a table is a frame");

extern struct vtd_links vtd_links[VTD_LINKS_MAX];

/*@ // The shared bit, the links it leads to, and how many they are.
    predicate shared_ok(integer S) = (0 < S <= VTD_LINKS_FRAMES / 2 && S % VTD_LINK_FRAMES == 0) ||
      (VTD_LINKS_FRAMES <= S < GFN_LIMIT && S % VTD_LINKS_FRAMES == 0);
    logic integer half_first(integer S) = S < VTD_LINKS_FRAMES ? S / VTD_LINK_FRAMES : 0;
    logic integer half_count(integer S) = S < VTD_LINKS_FRAMES ? S / VTD_LINK_FRAMES : 512;
    logic integer half_up{L}(integer v, integer S) = \at(tables[table_roots[2 * v]].entry[S / VTD_LINKS_FRAMES],L);
    logic integer half{L}(integer v, integer S, integer i) =
      half_up{L}(v, S) == 0 ? 0 : \at(tables[child{L}(half_up{L}(v, S))].entry[half_first(S) + i],L);
    // Each entry is that of the guest's EPT, or nothing.
    predicate links_ok{L}(integer d, integer v, integer S) = \forall integer i; ix(i) ==>
      \at(vtd_links[d].entry[i],L) == 0 || (i < half_count(S) && \at(vtd_links[d].entry[i],L) == half{L}(v, S, i));
    // Each entry leads to a table of the guest's EPT that translates just what the entry stands for: so it is from the copy on,
    // as tables in use stay what they are (tags_kept of each operation; a guest's tables are freed once its domain is).
    predicate links_tagged{L}(integer d, integer v, integer S) = \forall integer i; ix(i) ==>
      \at(vtd_links[d].entry[i],L) == 0 || (i < half_count(S) && is_tab{L}(child{L}(\at(vtd_links[d].entry[i],L)), 1) &&
        0 <= child{L}(\at(vtd_links[d].entry[i],L)) < TABLES_MAX &&
        \at(table_tags[child{L}(\at(vtd_links[d].entry[i],L))].space,L) == 2 * v &&
        \at(table_tags[child{L}(\at(vtd_links[d].entry[i],L))].base,L) == S / VTD_LINK_FRAMES + i);
    predicate same_links{L1,L2}(integer d) = \forall integer i; ix(i) ==> \at(vtd_links[d].entry[i],L1) == \at(vtd_links[d].entry[i],L2);
    lemma links_stay{L1,L2}: \forall integer d, v, S; links_tagged{L1}(d, v, S) ==> same_links{L1,L2}(d) ==> tags_kept{L1,L2} ==>
      \at(tables_hfn,L1) == \at(tables_hfn,L2) ==> links_tagged{L2}(d, v, S);
*/

/* Copies what has come to it. */
/*@ requires tables_inv && d < VTD_LINKS_MAX && is_partition(partition) && has_root(2 * partition) && shared_ok(shared_bit);
    requires before: \forall integer i; half_count(shared_bit) <= i < 512 ==> vtd_links[d].entry[i] == 0;
    assigns vtd_links[d].entry[0 .. TABLE_SLOTS - 1];
    ensures links: half_up(partition, shared_bit) != 0 ==> links_ok(d, partition, shared_bit);
    ensures tagged: half_up(partition, shared_bit) != 0 ==> links_tagged(d, partition, shared_bit);
    ensures none: half_up(partition, shared_bit) == 0 ==> \forall integer i; ix(i) ==> vtd_links[d].entry[i] == \old(vtd_links[d].entry[i]);
*/
void vtd_links_follow(uint32_t d, uint32_t partition, gfn_t shared_bit);

/* Nothing is linked. */
/*@ requires d < VTD_LINKS_MAX;
    assigns vtd_links[d].entry[0 .. TABLE_SLOTS - 1];
    ensures none: \forall integer i; ix(i) ==> vtd_links[d].entry[i] == 0;
*/
void vtd_links_clear(uint32_t d);

#endif
