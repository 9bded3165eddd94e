/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_FRAME_H
#define ISOLATION_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "ept/table.h"
#include "isolation/frame_types.h"
#include "isolation/invariant.h"

/* Every frame below `limit` is FREE. */
/*@ requires limit <= FRAMES_MAX && tables_inv;
    requires unused: \forall integer t; !in_use(t);
    requires ghosts: \forall integer p, v; 0 <= p < FRAMES_MAX ==> in_set(v) ==> cpu_stale[p].of[v] == 0 && residue[p].of[v] == 0;
    assigns frame_limit, frames[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv;
    ensures limit: frame_limit == limit;
    ensures free: \forall integer p; is_frame(p) ==> frames[p].state == FRAME_FREE;
*/
void frame_init(uint64_t limit);

/* Is the frame `owner`'s, private and mapped? */
/*@ requires hfn < frame_limit && limit_ok;
    assigns \nothing;
    ensures \result <==> frames[hfn].state == FRAME_OWNED && frames[hfn].owner == owner && frames[hfn].owner_slot != 0;
*/
bool frame_is_owned(hfn_t hfn, uint32_t owner);

/*@ ghost
  /@ requires sys_inv && is_partition(partition) && has_root(2 * partition) && gfn < GFN_LIMIT;
     requires partition == PARTITION_MANAGER ==> gfn < frame_limit && frames[gfn].state == FRAME_FREE;
     assigns \nothing;
     ensures small(2 * partition, gfn); @/
  void frame_no_large(uint32_t partition, uint64_t gfn);
*/

/* The leaf table of `partition` that covers `gfn`, made if need be; TABLE_NONE where its slice is used up.  For a guest, or for
 * the manager at the number of a FREE frame: where no large leaf is. */
/*@ requires sys_inv;
    requires is_partition(partition) && has_root(2 * partition) && gfn < GFN_LIMIT;
    requires unmapped: partition == PARTITION_MANAGER ==> gfn < frame_limit && frames[gfn].state == FRAME_FREE;
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures exact: \result == TABLE_NONE <==> \old(missing(2 * partition, gfn)) > \old(left(partition));
    ensures same: \result == TABLE_NONE ==> same_missing{Pre,Post}(2 * partition) && left(partition) == \old(left(partition));
    ensures provided: \result != TABLE_NONE ==> provided{Pre,Post}(2 * partition, gfn) &&
      left(partition) == \old(left(partition)) - \old(missing(2 * partition, gfn));
    ensures others: same_slices_but{Pre,Post}(partition);
    ensures tags: tags_kept{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures path: \result != TABLE_NONE ==> path(2 * partition, gfn) == \result && is_tab(\result, 0) &&
      table_tags[\result].space == 2 * partition && table_tags[\result].base == gfn / 512;
    ensures value: \result != TABLE_NONE ==> walk(2 * partition, gfn) == tables[\result].entry[gfn % 512];
*/
uint32_t frame_prepare(uint32_t partition, gfn_t gfn);

/* The one place where a leaf is made: slot `slot` of leaf table `table`, which is empty, maps `hfn` for the
 * partition of the table, which owns it or borrows it and does not map it. */
/*@ requires sys_inv;
    requires is_tab(table, 0) && ix(slot) && tables[table].entry[slot] == 0 && table_tags[table].space % 2 == 0;
    requires hfn < frame_limit && may_access(part(table_tags[table].space), hfn);
    requires unmapped: !mapped(part(table_tags[table].space), hfn);
    requires leaf_kind(flags, hfn);
    requires place: part(table_tags[table].space) == PARTITION_MANAGER ==> hfn == table_tags[table].base * 512 + slot;
    requires half: half_ok(flags, part(table_tags[table].space), table_tags[table].base * 512 + slot);
    assigns frames[hfn], tables[table].entry[slot], residue[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures entry: \old(frames[hfn].owner) == part(table_tags[table].space) ?
      frames[hfn] == {\old(frames[hfn]) \with .owner_slot = (uint32_t)slot_id(table, slot)} :
      frames[hfn] == {\old(frames[hfn]) \with .borrower_slot = (uint32_t)slot_id(table, slot)};
    ensures written: tables[table].entry[slot] == hfn * 4096 + flags;
    ensures paths: same_paths{Pre,Post};
    ensures others: same_walks_but{Pre,Post}(table_tags[table].space, table_tags[table].base * 512 + slot);
    ensures hit: \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==> path{Pre}(a, g) == table ==>
      ix0(g) == slot ==> walk{Post}(a, g) == hfn * 4096 + flags;
*/
void frame_map(uint32_t table, uint32_t slot, hfn_t hfn, uint64_t flags);

/* The same, at `gfn` of `partition`, which has a leaf table there. */
/*@ requires sys_inv;
    requires is_partition(partition) && gfn < GFN_LIMIT && path(2 * partition, gfn) >= 0 && walk(2 * partition, gfn) == 0;
    requires hfn < frame_limit && may_access(partition, hfn) && !mapped(partition, hfn);
    requires leaf_kind(flags, hfn);
    requires place: partition == PARTITION_MANAGER ==> hfn == gfn;
    requires half: half_ok(flags, partition, gfn);
    assigns frames[hfn], tables[0 .. TABLES_MAX - 1], residue[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures entry: \old(frames[hfn].owner) == partition ?
      frames[hfn] == {\old(frames[hfn]) \with .owner_slot = frames[hfn].owner_slot} && frames[hfn].owner_slot != 0 :
      frames[hfn] == {\old(frames[hfn]) \with .borrower_slot = frames[hfn].borrower_slot} && frames[hfn].borrower_slot != 0;
    ensures paths: same_paths{Pre,Post};
    ensures others: same_walks_but{Pre,Post}(2 * partition, gfn);
    ensures mapped: walk(2 * partition, gfn) == hfn * 4096 + flags;
*/
void frame_place(uint32_t partition, gfn_t gfn, hfn_t hfn, uint64_t flags);

/* The same for the manager, at the frame's own number, not executable. */
/*@ requires sys_inv;
    requires hfn < frame_limit && may_access(PARTITION_MANAGER, hfn) && !mapped(PARTITION_MANAGER, hfn);
    requires home: path(2 * PARTITION_MANAGER, hfn) >= 0;
    assigns frames[hfn], tables[0 .. TABLES_MAX - 1], residue[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures entry: \old(frames[hfn].owner) == PARTITION_MANAGER ?
      frames[hfn] == {\old(frames[hfn]) \with .owner_slot = frames[hfn].owner_slot} && frames[hfn].owner_slot != 0 :
      frames[hfn] == {\old(frames[hfn]) \with .borrower_slot = frames[hfn].borrower_slot} && frames[hfn].borrower_slot != 0;
    ensures paths: same_paths{Pre,Post};
    ensures others: same_walks_but{Pre,Post}(2 * PARTITION_MANAGER, hfn);
    ensures leaves: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> table_tags[t].space != 2 * PARTITION_MANAGER ==>
      tables[t].entry[i] == \old(tables[t].entry[i]);
*/
void frame_place_home(hfn_t hfn);

/* The one place where a leaf goes: the owner's, or the borrower's.  The frame is mapped for it, by a leaf of its own.  What
 * hardware cached of it is still there until frame_flush(). */
/*@ requires sys_inv;
    requires hfn < frame_limit && frames[hfn].owner_slot != 0;
    requires small: apart_slot(hfn);
    assigns frames[hfn], tables[0 .. TABLES_MAX - 1], cpu_stale[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures entry: frames[hfn] == {\old(frames[hfn]) \with .owner_slot = (uint32_t)0};
    ensures paths: same_paths{Pre,Post};
    ensures others: same_walks_but{Pre,Post}(2 * frames[hfn].owner, \old(gfn_of(frames[hfn].owner_slot)));
    ensures fewer: \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==> walk(a, g) == walk{Pre}(a, g) || walk(a, g) == 0;
    ensures manager: frames[hfn].owner == PARTITION_MANAGER ==> \old(gfn_of(frames[hfn].owner_slot)) == hfn;
    ensures gone: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==>
      tables[t].entry[i] == (slot_id(t, i) == \old(frames[hfn].owner_slot) ? 0 : \old(tables[t].entry[i]));
*/
void frame_unmap_owner(hfn_t hfn);
/*@ requires sys_inv;
    requires hfn < frame_limit && frames[hfn].borrower_slot != 0;
    assigns frames[hfn], tables[0 .. TABLES_MAX - 1], cpu_stale[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures entry: frames[hfn] == {\old(frames[hfn]) \with .borrower_slot = (uint32_t)0};
    ensures paths: same_paths{Pre,Post};
    ensures fewer: \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==> walk(a, g) == walk{Pre}(a, g) || walk(a, g) == 0;
    ensures others: same_walks_but{Pre,Post}(2 * PARTITION_MANAGER, hfn);
    ensures gone: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==>
      tables[t].entry[i] == (slot_id(t, i) == \old(frames[hfn].borrower_slot) ? 0 : \old(tables[t].entry[i]));
*/
void frame_unmap_borrower(hfn_t hfn);

/* No CPU and no device holds a translation of `partition` that its tables do not hold. */
/*@ requires sys_inv && is_partition(partition) && has_root(2 * partition);
    assigns cpu_stale[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv;
    ensures gone: \forall integer p, v; 0 <= p < FRAMES_MAX ==> in_set(v) ==>
      cpu_stale[p].of[v] == (v == partition ? 0 : \old(cpu_stale[p].of[v]));
*/
void frame_flush(uint32_t partition);

/* Zeroes the frame.  Who can still reach it may have written to it again. */
/*@ requires sys_inv && hfn < frame_limit;
    assigns residue[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures clean: unheld{Pre}(hfn) ==> clean(hfn);
*/
void frame_scrub(hfn_t hfn);

/* The manager keeps the contents: it wants the new owner to have them. */
/*@ requires sys_inv && hfn < frame_limit && frames[hfn].state == FRAME_OWNED && frames[hfn].owner == PARTITION_MANAGER && unheld(hfn);
    assigns residue[hfn].of[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv;
    ensures clean: clean(hfn);
*/
void frame_keep(hfn_t hfn);

/* The commits.  OWNED by someone => OWNED by `owner`.  Unmapped, flushed; scrubbed, or kept by the giver's wish. */
/*@ requires sys_inv && hfn < frame_limit && is_partition(owner) && frames[hfn].state == FRAME_OWNED;
    requires flushed: unheld(hfn);
    requires scrubbed: clean(hfn);
    assigns frames[hfn];
    ensures inv: sys_inv;
    ensures entry: frames[hfn] == {\old(frames[hfn]) \with .owner = owner};
    ensures held: unheld(hfn);
*/
void frame_give(hfn_t hfn, uint32_t owner);
/* OWNED by a guest => SHARED with the manager.  Unmapped, flushed, scrubbed. */
/*@ requires sys_inv && hfn < frame_limit && is_guest(frames[hfn].owner) && frames[hfn].state == FRAME_OWNED;
    requires flushed: unheld(hfn);
    requires scrubbed: clean(hfn);
    assigns frames[hfn];
    ensures inv: sys_inv;
    ensures entry: frames[hfn] == {\old(frames[hfn]) \with .state = (uint32_t)FRAME_SHARED, .borrower = (uint32_t)PARTITION_MANAGER};
    ensures held: unheld(hfn);
*/
void frame_lend(hfn_t hfn);
/* SHARED with the manager => OWNED.  Unmapped for both, flushed for both, scrubbed. */
/*@ requires sys_inv && hfn < frame_limit && frames[hfn].state == FRAME_SHARED;
    requires flushed: unheld(hfn);
    requires scrubbed: clean(hfn);
    assigns frames[hfn];
    ensures inv: sys_inv;
    ensures entry: frames[hfn] == {\old(frames[hfn]) \with .state = (uint32_t)FRAME_OWNED, .borrower = (uint32_t)PARTITION_CORE};
    ensures held: unheld(hfn);
*/
void frame_take_back(hfn_t hfn);

/* FREE => OWNED by the manager, not yet mapped. */
/*@ requires sys_inv && hfn < frame_limit && frames[hfn].state == FRAME_FREE;
    assigns frames[hfn];
    ensures inv: sys_inv;
    ensures entry: frames[hfn] == {\old(frames[hfn]) \with .state = (uint32_t)FRAME_OWNED, .owner = (uint32_t)PARTITION_MANAGER};
    ensures held: !mapped(PARTITION_MANAGER, hfn);
*/
void frame_take(hfn_t hfn);

#endif
