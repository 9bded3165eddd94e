/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_INVARIANT_H
#define ISOLATION_INVARIANT_H

#include "ept/table_logic.h"
#include "isolation/frame_types.h"
#include "isolation/partition_types.h"

/* What is said of ownership in contracts (no code). */

#ifdef __FRAMAC__
/* A set of partitions. */
struct holders {
    uint8_t of[PARTITIONS_MAX];
};
#endif
/*@ ghost int held; */                             /* this CPU holds the ownership lock */
/*@ ghost struct holders cpu_stale[FRAMES_MAX]; */ /* a CPU (1), a device (2) may hold a dead translation to it */
/*@ ghost struct holders residue[FRAMES_MAX]; */ /* the frame may hold data of that partition */

/*@ predicate is_guest(integer v) = PARTITION_FIRST_GUEST <= v < PARTITIONS_MAX;
    predicate is_frame{L}(integer p) = 0 <= p < \at(frame_limit,L);

    // What a frame's record may look like.
    predicate frame_wf(struct frame f) = f.owner_dma_slot == 0 && f.borrower_dma_slot == 0 && f.reserved == 0 && (
         (f.state == FRAME_FREE && f.owner == PARTITION_CORE && f.borrower == PARTITION_CORE && f.owner_slot == 0 && f.borrower_slot == 0)
      || (f.state == FRAME_OWNED && is_partition(f.owner) && f.borrower == PARTITION_CORE && f.borrower_slot == 0)
      || (f.state == FRAME_SHARED && is_guest(f.owner) && f.borrower == PARTITION_MANAGER));
    predicate frames_inv{L} = \forall integer p; is_frame{L}(p) ==> frame_wf(\at(frames[p],L));

    // The policy: who may touch a frame.
    predicate owns{L}(integer v, integer p) = \at(frames[p].state,L) != FRAME_FREE && \at(frames[p].owner,L) == v;
    predicate borrows{L}(integer v, integer p) = \at(frames[p].state,L) == FRAME_SHARED && \at(frames[p].borrower,L) == v;
    predicate may_access{L}(integer v, integer p) = is_partition(v) && is_frame{L}(p) && (owns{L}(v, p) || borrows{L}(v, p));

    // The flags a leaf may have: a shared frame is not executable, and what the manager has need not be.
    predicate leaf_kind{L}(integer f, integer p) =
      (f == EPT_LEAF_OWNED && \at(frames[p].state,L) != FRAME_SHARED) ||
      (f == EPT_LEAF_SHARED && (\at(frames[p].state,L) == FRAME_SHARED || \at(frames[p].owner,L) == PARTITION_MANAGER));
    // Forward: a leaf names a frame its partition may touch, which knows the leaf.  The manager's are at their own numbers.
    predicate leaf_ok{L}(integer e, integer t, integer i) =
      is_frame{L}(ent_hfn(e)) && \at(table_tags[t].space,L) % 2 == 0 && leaf_kind{L}(e % 4096, ent_hfn(e)) &&
      ((owns{L}(part(\at(table_tags[t].space,L)), ent_hfn(e)) && \at(frames[ent_hfn(e)].owner_slot,L) == slot_id(t, i)) ||
       (borrows{L}(part(\at(table_tags[t].space,L)), ent_hfn(e)) && \at(frames[ent_hfn(e)].borrower_slot,L) == slot_id(t, i))) &&
      (part(\at(table_tags[t].space,L)) == PARTITION_MANAGER ==> ent_hfn(e) == \at(table_tags[t].base,L) * 512 + i);
    predicate forward_inv{L} = \forall integer t, i; is_tab{L}(t, 0) ==> ix(i) ==> \at(tables[t].entry[i],L) != 0 ==>
      leaf_ok{L}(\at(tables[t].entry[i],L), t, i);
    // Halves: a guest's leaf is of a shared frame if and only if it is where the shared bit is set.
    predicate half_ok{L}(integer f, integer v, integer g) =
      v != PARTITION_MANAGER ==> (f == EPT_LEAF_SHARED <==> g >= \at(shared_bit_gfn,L));
    predicate halves_inv{L} = \forall integer t, i; is_tab{L}(t, 0) ==> ix(i) ==> \at(tables[t].entry[i],L) != 0 ==>
      half_ok{L}(\at(tables[t].entry[i],L) % 4096, part(\at(table_tags[t].space,L)), \at(table_tags[t].base,L) * 512 + i);
    // A large leaf is the manager's, not executable, at its own number; each of its 512 frames is the manager's own and knows the leaf.
    predicate run{L}(integer h, integer s) = \forall integer p; h <= p < h + 512 ==>
      \at(frames[p].state,L) == FRAME_OWNED && \at(frames[p].owner,L) == PARTITION_MANAGER && \at(frames[p].owner_slot,L) == s;
    predicate large_place{L}(integer e, integer t, integer i) =
      \at(table_tags[t].space,L) == 2 * PARTITION_MANAGER && e % 4096 == EPT_LEAF_SHARED + EPT_LARGE &&
      ent_hfn(e) == (\at(table_tags[t].base,L) * 512 + i) * 512 && ent_hfn(e) + 512 <= \at(frame_limit,L);
    predicate large_ok{L}(integer e, integer t, integer i) = large_place{L}(e, t, i) && run{L}(ent_hfn(e), slot_id(t, i));
    predicate places_inv{L} = \forall integer t, i; is_tab{L}(t, 1) ==> ix(i) ==> large(\at(tables[t].entry[i],L)) ==>
      large_place{L}(\at(tables[t].entry[i],L), t, i);
    predicate large_inv{L} = \forall integer t, i; is_tab{L}(t, 1) ==> ix(i) ==> large(\at(tables[t].entry[i],L)) ==>
      large_ok{L}(\at(tables[t].entry[i],L), t, i);
    // Slot i of level-1 table t is a large leaf, of which p is a frame.
    predicate covers{L}(integer t, integer i, integer p) = is_tab{L}(t, 1) && ix(i) && large(\at(tables[t].entry[i],L)) &&
      ent_hfn(\at(tables[t].entry[i],L)) <= p < ent_hfn(\at(tables[t].entry[i],L)) + 512;
    predicate knows{L}(integer t, integer i, integer p) = is_frame{L}(p) && \at(frames[p].state,L) == FRAME_OWNED &&
      \at(frames[p].owner,L) == PARTITION_MANAGER && \at(frames[p].owner_slot,L) == slot_id(t, i);
    predicate all_know{L} = \forall integer t, i, p; covers{L}(t, i, p) ==> knows{L}(t, i, p);
    // Backward: what a frame says of its slots is so.
    predicate back{L}(integer s, integer v, integer p) =
      s != 0 ==> is_tab{L}(slot_t(s), 0) && \at(tables[slot_t(s)].entry[slot_i(s)],L) != 0 &&
                 ent_hfn(\at(tables[slot_t(s)].entry[slot_i(s)],L)) == p && \at(table_tags[slot_t(s)].space,L) == 2 * v;
    predicate back_large{L}(integer s, integer p) = s != 0 && is_tab{L}(slot_t(s), 1) &&
      large(\at(tables[slot_t(s)].entry[slot_i(s)],L)) && ent_hfn(\at(tables[slot_t(s)].entry[slot_i(s)],L)) == p / 512 * 512;
    predicate back_wf{L}(integer p) =
      (back{L}(\at(frames[p].owner_slot,L), \at(frames[p].owner,L), p) ||
       (\at(frames[p].owner,L) == PARTITION_MANAGER && back_large{L}(\at(frames[p].owner_slot,L), p))) &&
      back{L}(\at(frames[p].borrower_slot,L), \at(frames[p].borrower,L), p);
    // The guest frame a leaf slot translates.
    logic integer gfn_of{L}(integer s) = \at(table_tags[slot_t(s)].base,L) * 512 + slot_i(s);
    predicate backward_inv{L} = \forall integer p; is_frame{L}(p) ==> back_wf{L}(p);
    lemma slot_of: \forall integer t, i; 0 <= t ==> ix(i) ==> slot_t(slot_id(t, i)) == t && slot_i(slot_id(t, i)) == i;
    lemma slot_is: \forall integer s; 0 < s ==> ix(slot_i(s)) && slot_t(s) >= 0 && slot_id(slot_t(s), slot_i(s)) == s;

    // Not mapped for its owner by a large leaf.
    predicate apart_slot{L}(integer p) = \at(frames[p].owner_slot,L) == 0 || is_tab{L}(slot_t(\at(frames[p].owner_slot,L)), 0);
    // A split: frames of the manager are mapped by other slots.
    predicate renamed{L1,L2} = \forall integer p; is_frame{L1}(p) ==>
      \at(frames[p],L2) == {\at(frames[p],L1) \with .owner_slot = \at(frames[p].owner_slot,L2)} &&
      (\at(frames[p].owner_slot,L2) == 0 <==> \at(frames[p].owner_slot,L1) == 0) &&
      (\at(frames[p].owner,L1) != PARTITION_MANAGER ==> \at(frames[p],L2) == \at(frames[p],L1));

    // What hardware may still do: dead translations, and what was written through live or dead ones.
    predicate stale{L}(integer v, integer p) = \at(cpu_stale[p].of[v],L) != 0;
    predicate mapped{L}(integer v, integer p) =
      (owns{L}(v, p) && \at(frames[p].owner_slot,L) != 0) || (borrows{L}(v, p) && \at(frames[p].borrower_slot,L) != 0);
    predicate holder{L}(integer v, integer p) = mapped{L}(v, p) || stale{L}(v, p);
    predicate in_set(integer v) = 0 <= v < PARTITIONS_MAX;
    predicate stale_inv{L} = \forall integer p, v; is_frame{L}(p) ==> in_set(v) ==> stale{L}(v, p) ==> may_access{L}(v, p);
    predicate residue_inv{L} = \forall integer p, v; is_frame{L}(p) ==> in_set(v) ==>
      \at(residue[p].of[v],L) != 0 ==> may_access{L}(v, p);
    predicate writes_inv{L} = \forall integer p, v; is_frame{L}(p) ==> in_set(v) ==>
      holder{L}(v, p) ==> \at(residue[p].of[v],L) != 0;

    predicate limit_ok{L} = \at(frame_limit,L) <= FRAMES_MAX;
    predicate map_inv{L} = tables_inv{L} && limit_ok{L} && frames_inv{L} && forward_inv{L} && halves_inv{L} && large_inv{L} && backward_inv{L};
    predicate ghost_inv{L} = stale_inv{L} && residue_inv{L} && writes_inv{L};
    predicate sys_inv{L} = map_inv{L} && ghost_inv{L};

    // --- at the end of every operation ------------------------------------------------------------
    // What a partition in use has, and what a free slot has not.
    predicate part_ok{L}(integer v) =
      \at(partitions[v].state,L) <= PARTITION_DESTROYING && \at(partitions[v].generation,L) <= GENERATION_MAX &&
      (\at(partitions[v].state,L) != PARTITION_FREE ==> has_root{L}(2 * v));
    predicate parts_inv{L} =
      FRAME_BATCH_MAX <= \at(shared_bit_gfn,L) <= GFN_LIMIT / 2 && has_root{L}(2 * PARTITION_MANAGER) &&
      (\forall integer v; is_guest(v) ==> part_ok{L}(v));
    // The manager has a leaf table for every frame of a guest: the frame may be lent to it, and comes back.
    predicate home_inv{L} = \forall integer p; is_frame{L}(p) ==> \at(frames[p].state,L) != FRAME_FREE ==>
      is_guest(\at(frames[p].owner,L)) ==> path{L}(2 * PARTITION_MANAGER, p) >= 0;
    predicate mapped_inv{L} = \forall integer p; is_frame{L}(p) ==> \at(frames[p].state,L) != FRAME_FREE ==>
      is_guest(\at(frames[p].owner,L)) ==> \at(frames[p].owner_slot,L) != 0;
    predicate all_inv{L} = sys_inv{L} && parts_inv{L} && home_inv{L} && mapped_inv{L};

    // Nobody can reach the frame, and nobody's data is in it.
    predicate unheld{L}(integer p) = \forall integer v; in_set(v) ==> !holder{L}(v, p);
    predicate clean{L}(integer p) = \forall integer v; in_set(v) ==> \at(residue[p].of[v],L) == 0;

    predicate same_frames_out{L1,L2}(integer b, integer n) = \forall integer p; is_frame{L1}(p) ==> !(b <= p < b + n) ==>
      \at(frames[p],L1) == \at(frames[p],L2);
    predicate same_walks_out{L1,L2}(integer b, integer h, integer n) = \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==>
      !(a == b && h <= g < h + n) ==> walk{L1}(a, g) == walk{L2}(a, g);
    lemma div_twice: \forall integer g; 0 <= g ==> g / 262144 == g / 512 / 512 && g / 134217728 == g / 512 / 512 / 512;
    predicate same_frames_but{L1,L2}(integer b) = \forall integer p; is_frame{L1}(p) ==> p != b ==> \at(frames[p],L1) == \at(frames[p],L2);
    predicate same_paths{L1,L2} = \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==> path{L1}(a, g) == path{L2}(a, g);
    predicate same_policy{L1,L2} = \forall integer v, p; may_access{L1}(v, p) <==> may_access{L2}(v, p);
*/

#endif
