/* SPDX-License-Identifier: Apache-2.0 */
/* What the manager takes back of one guest, no other guest learns; and what it is told depends on the partition that it names alone. */
#include "isolation/frame_reclaim.c"
#include "proofs/view.h"

/*@ // The sweep of partition v: where it is, in which table, and which slots of this lead to frames.
    logic integer sweep_tab{L}(integer v) = \at(table_slices[v].first,L) + \at(partitions[v].cursor,L) / TABLE_SLOTS;
    predicate same_sweep{L,M}(integer v) = \at(partitions[v].cursor,L) == \at(partitions[v].cursor,M) &&
      \at(table_slices[v].first,L) == \at(table_slices[v].first,M) && \at(table_slices[v].used,L) == \at(table_slices[v].used,M) &&
      (of_guest{L}(v, sweep_tab{L}(v)) <==> of_guest{M}(v, sweep_tab{L}(v))) && \forall integer i; ix(i) ==>
      (\at(tables[sweep_tab{L}(v)].entry[i],L) == 0 <==> \at(tables[sweep_tab{L}(v)].entry[i],M) == 0);
    predicate same_gone{L,M}(integer v) = \forall integer s; in_run{L}(v, s) ==>
      (\at(vcpus[s].state,L) == VCPU_GONE <==> \at(vcpus[s].state,M) == VCPU_GONE);
*/

/*@ requires core_inv && is_guest(v) && v != id % PARTITIONS_MAX && seen_by_none(id % PARTITIONS_MAX);
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1], audit_ring[0 .. AUDIT_RECORDS - 1], audit_count; */
void ni_reclaim(uint32_t v, uint64_t id)
{
S0:
    reclaim_locked(id);
    //@ assert left_walks: same_walks_of{S0,Here}(v);
    //@ assert left_own: \forall integer p; is_frame(p) ==> frame_wf(frames[p]) && frame_wf(\at(frames[p],S0));
    //@ assert left_kept: \forall integer p; is_frame(p) ==> \at(frames[p].owner,S0) != id % PARTITIONS_MAX ==> frames[p] == \at(frames[p],S0);
    //@ assert left_freed: \forall integer p; is_frame(p) ==> \at(frames[p].owner,S0) == id % PARTITIONS_MAX ==> !may_access(v, p) && !may_access{S0}(v, p);
    //@ assert left: same_view{S0,Here}(v);
S1:
    any_state();
    //@ admit same_view{S0,Here}(v);
T0:
    reclaim_locked(id);
    //@ assert right_walks: same_walks_of{T0,Here}(v);
    //@ assert right_own: \forall integer p; is_frame(p) ==> frame_wf(frames[p]) && frame_wf(\at(frames[p],T0));
    //@ assert right_kept: \forall integer p; is_frame(p) ==> \at(frames[p].owner,T0) != id % PARTITIONS_MAX ==> frames[p] == \at(frames[p],T0);
    //@ assert right_freed: \forall integer p; is_frame(p) ==> \at(frames[p].owner,T0) == id % PARTITIONS_MAX ==> !may_access(v, p) && !may_access{T0}(v, p);
    //@ assert right: same_view{T0,Here}(v);
    //@ assert confidential: same_view{S1,Here}(v);
}

/*@ requires core_inv && seen_by_none(id % PARTITIONS_MAX);
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1], audit_ring[0 .. AUDIT_RECORDS - 1], audit_count; */
void ni_reclaim_told(uint64_t id)
{
    uint64_t r, q;
    uint32_t at;

S0:
    r = reclaim_locked(id);
    any_state();
    //@ admit same_life{S0,Here}(id % PARTITIONS_MAX) && same_sweep{S0,Here}(id % PARTITIONS_MAX) && same_gone{S0,Here}(id % PARTITIONS_MAX);
    at = partitions[id % PARTITIONS_MAX].cursor % TABLE_SLOTS;
T0:
    //@ assert known: known{S0}(id) <==> known{T0}(id);
    //@ assert vcpus: vcpus_left{S0}(id % PARTITIONS_MAX) <==> vcpus_left{T0}(id % PARTITIONS_MAX);
    /*@ loop invariant at <= n <= TABLE_SLOTS;
        loop invariant leaves: \forall integer j; at <= j <= n ==>
          leaves{S0}(sweep_tab{S0}(id % PARTITIONS_MAX), at, j) == leaves{T0}(sweep_tab{S0}(id % PARTITIONS_MAX), at, j);
        loop assigns n;
        loop variant TABLE_SLOTS - n; */
    for (uint32_t n = at; n < TABLE_SLOTS; n++) {
    }
    q = reclaim_locked(id);
    //@ assert one: \forall integer to, too; steps{S0}(id % PARTITIONS_MAX, to) ==> steps{T0}(id % PARTITIONS_MAX, too) ==> to == too;
    //@ assert told: r == q;
}
