/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_LIFE_H
#define ISOLATION_LIFE_H

#include "isolation/invariant.h"
#include "isolation/vcpu_types.h"

/* What is said of the lives of partitions and vCPUs in contracts (no code). */

/*@ // A partition's id: its slot, and how often the slot was freed.
    logic integer id_of{L}(integer v) = \at(partitions[v].generation,L) * PARTITIONS_MAX + v;
    predicate free{L}(integer v) = \at(partitions[v].state,L) == PARTITION_FREE;
    predicate known{L}(integer id) = is_guest(id % PARTITIONS_MAX) && !free{L}(id % PARTITIONS_MAX) && id == id_of{L}(id % PARTITIONS_MAX);

    // A slot that is in use has lives left, so that its id is not the last.
    predicate life_ok{L}(integer v) = \at(partitions[v].state,L) <= PARTITION_DESTROYING &&
      \at(partitions[v].generation,L) <= GENERATION_MAX && (!free{L}(v) ==> \at(partitions[v].generation,L) < GENERATION_MAX);

    // Its run of vCPU slots, the first vcpu_count of which are made; the manager's: one for each CPU.
    logic integer run_first{L}(integer v) = \at(partitions[v].vcpu_first,L);
    logic integer run_size{L}(integer v) = \at(partitions[v].vcpu_limit,L);
    logic integer made{L}(integer v) = \at(partitions[v].vcpu_count,L);
    predicate run_ok{L}(integer v) = run_first{L}(v) + run_size{L}(v) <= VCPUS_MAX && made{L}(v) <= run_size{L}(v) &&
      (free{L}(v) ==> run_size{L}(v) == 0) && (v == PARTITION_MANAGER ==> run_size{L}(v) <= CPUS_MAX);
    predicate run_clear{L}(integer v, integer first, integer count) = run_size{L}(v) == 0 ||
      run_first{L}(v) + run_size{L}(v) <= first || first + count <= run_first{L}(v);
    predicate runs_inv{L} = \forall integer v, w; in_set(v) ==> in_set(w) ==> v != w ==> run_size{L}(v) != 0 ==>
      run_clear{L}(w, run_first{L}(v), run_size{L}(v));
    // First fit, as for slices: `count` vCPU slots from `first`.
    predicate meets_run{L}(integer first, integer count) = \exists integer v; in_set(v) && !run_clear{L}(v, first, count);
    predicate runs_end{L}(integer first, integer count) = \forall integer p; 0 <= p < first ==> meets_run{L}(p, count);
    predicate first_run{L}(integer first, integer count) = 0 <= first && first + count <= VCPUS_MAX &&
      !meets_run{L}(first, count) && runs_end{L}(first, count);
    predicate no_run{L}(integer count) = \forall integer p; 0 <= p ==> p + count <= VCPUS_MAX ==> meets_run{L}(p, count);
    predicate in_run{L}(integer v, integer s) = run_first{L}(v) <= s < run_first{L}(v) + made{L}(v);

    // A vCPU in use is in the run of its partition, at its index, and has the partition's id.
    predicate vcpu_ok{L}(integer s) = \at(vcpus[s].state,L) <= VCPU_GONE && (\at(vcpus[s].state,L) != VCPU_FREE ==>
      in_set(\at(vcpus[s].partition,L)) && in_run{L}(\at(vcpus[s].partition,L), s));
    predicate vcpu_is{L}(integer v, integer s) = \at(vcpus[s].state,L) != VCPU_FREE && \at(vcpus[s].partition,L) == v &&
      \at(vcpus[s].index,L) == s - run_first{L}(v) && \at(vcpus[s].generation,L) == id_of{L}(v);
    predicate made_inv{L} = \forall integer v, s; in_set(v) ==> in_run{L}(v, s) ==> vcpu_is{L}(v, s);
    predicate all_gone{L}(integer v) = \forall integer s; in_run{L}(v, s) ==> \at(vcpus[s].state,L) == VCPU_GONE;
    predicate is_vcpu(integer s) = 0 <= s < VCPUS_MAX;
    predicate vcpus_inv{L} = \forall integer s; is_vcpu(s) ==> vcpu_ok{L}(s);

    predicate lives_inv{L} = \forall integer v; in_set(v) ==> life_ok{L}(v) && run_ok{L}(v);
    predicate life_inv{L} = lives_inv{L} && runs_inv{L} && made_inv{L} && vcpus_inv{L};

    // A slot that is free has no tables.
    predicate idle_inv{L} = \forall integer v; is_guest(v) ==> free{L}(v) ==> \at(table_slices[v].count,L) == 0 &&
      \at(table_roots[2 * v],L) == TABLE_NONE && \at(table_roots[2 * v + 1],L) == TABLE_NONE;

    // In destruction: the sweep is at a slot of the partition's tables, and has left no frame behind it.
    logic integer swept_to{L}(integer v) = \at(table_slices[v].first,L) * 512 + \at(partitions[v].cursor,L);
    predicate swept{L}(integer v, integer to) = \forall integer p; is_frame{L}(p) ==> \at(frames[p].state,L) != FRAME_FREE ==>
      \at(frames[p].owner,L) == v ==> \at(frames[p].owner_slot,L) > to;
    predicate swept_inv{L} = \forall integer v; is_guest(v) ==> \at(partitions[v].state,L) == PARTITION_DESTROYING ==>
      \at(partitions[v].cursor,L) < \at(table_slices[v].used,L) * 512 && swept{L}(v, swept_to{L}(v));

    // What holds whenever the lock is free.
    predicate core_inv{L} = all_inv{L} && life_inv{L} && idle_inv{L} && swept_inv{L};

    predicate may_run{L}(integer v) = \at(partitions[v].state,L) == PARTITION_SEALED && \at(partitions[v].killed,L) == 0;

    // What an operation on partition a leaves alone.
    predicate same_parts_but{L1,L2}(integer a) = \forall integer v; in_set(v) ==> v != a ==>
      \at(partitions[v],L1) == \at(partitions[v],L2);
    predicate same_vcpus_but{L1,L2}(integer a) = \forall integer s; is_vcpu(s) ==> s != a ==> \at(vcpus[s],L1) == \at(vcpus[s],L2);
    predicate same_vcpus_out{L1,L2}(integer first, integer count) = \forall integer s; is_vcpu(s) ==>
      !(first <= s < first + count) ==> \at(vcpus[s],L1) == \at(vcpus[s],L2);
*/

#endif
