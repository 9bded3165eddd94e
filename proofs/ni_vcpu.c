/* SPDX-License-Identifier: Apache-2.0 */
/* The vCPUs the manager makes, claims and interrupts: no other guest learns, and what the manager is told depends on that partition alone. */
#include "isolation/vcpu.c"
#include "proofs/view.h"

/*@ requires core_inv && is_guest(v) && v != id % PARTITIONS_MAX;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1]; */
void ni_vcpu_create(uint32_t v, uint64_t id)
{
    struct answer r, q;

S0:
    r = create_locked(id);
    //@ assert left: same_view{S0,Here}(v);
S1:
    any_state();
    //@ admit same_view{S0,Here}(v) && same_life{S0,Here}(id % PARTITIONS_MAX);
T0:
    q = create_locked(id);
    //@ assert right: same_view{T0,Here}(v);
    //@ assert confidential: same_view{S1,Here}(v);
    //@ assert known: known{S0}(id) <==> known{T0}(id);
    //@ assert told: r.status == q.status;
    //@ assert given: r.value == q.value;
}

/*@ requires core_inv;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1]; */
void ni_vcpu_claim(uint64_t id)
{
    struct answer r, q;

S0:
    r = vcpu_claim(id);
S1:
    any_state();
    //@ admit vcpus[id % VCPUS_MAX] == \at(vcpus[id % VCPUS_MAX],S0) && partitions[id_partition(id)].state == \at(partitions[id_partition(id)].state,S0) && partitions[id_partition(id)].killed == \at(partitions[id_partition(id)].killed,S0);
T0:
    q = vcpu_claim(id);
    //@ assert told: r.status == q.status && r.value == q.value;
}

/*@ requires core_inv;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1]; */
void ni_vcpu_interrupt(uint64_t id, uint64_t vector)
{
    uint64_t r, q;

S0:
    r = vcpu_request_interrupt(id, vector);
S1:
    any_state();
    //@ admit vcpus[id % VCPUS_MAX].state == \at(vcpus[id % VCPUS_MAX].state,S0) && vcpus[id % VCPUS_MAX].generation == \at(vcpus[id % VCPUS_MAX].generation,S0) && vcpus[id % VCPUS_MAX].partition == \at(vcpus[id % VCPUS_MAX].partition,S0);
T0:
    q = vcpu_request_interrupt(id, vector);
    //@ assert told: r == q;
}
