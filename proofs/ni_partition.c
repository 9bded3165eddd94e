/* SPDX-License-Identifier: Apache-2.0 */
/* What the manager makes, seals and destroys, no guest but that one learns; and what it is told depends on that partition's life alone. */
#include "isolation/partition.c"
#include "isolation/partition_create.c"
#include "proofs/view.h"

/*@ requires core_inv && is_guest(v) && 1 <= frame_count <= FRAMES_MAX && 1 <= vcpu_count <= VCPUS_MAX;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1], audit_ring[0 .. AUDIT_RECORDS - 1], audit_count; */
void ni_create(uint32_t v, uint64_t frame_count, uint32_t vcpu_count)
{
S0:
    create_locked(frame_count, vcpu_count);
    //@ assert left: same_view{S0,Here}(v);
S1:
    any_state();
    //@ admit same_view{S0,Here}(v);
T0:
    create_locked(frame_count, vcpu_count);
    //@ assert right: same_view{T0,Here}(v);
    //@ assert confidential: same_view{S1,Here}(v);
}

/*@ requires core_inv && is_guest(v) && v != id % PARTITIONS_MAX;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1], audit_ring[0 .. AUDIT_RECORDS - 1], audit_count; */
void ni_seal(uint32_t v, uint64_t id)
{
    uint64_t r, q;

S0:
    r = seal_locked(id);
    //@ assert left: same_view{S0,Here}(v);
S1:
    any_state();
    //@ admit same_view{S0,Here}(v) && same_life{S0,Here}(id % PARTITIONS_MAX);
T0:
    q = seal_locked(id);
    //@ assert right: same_view{T0,Here}(v);
    //@ assert confidential: same_view{S1,Here}(v);
    //@ assert told: r == q;
}

/*@ requires core_inv && is_guest(v) && v != id % PARTITIONS_MAX;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1], audit_ring[0 .. AUDIT_RECORDS - 1], audit_count; */
void ni_destroy(uint32_t v, uint64_t id)
{
    uint64_t r, q;

S0:
    r = destroy_locked(id);
    //@ assert left: same_view{S0,Here}(v);
S1:
    any_state();
    //@ admit same_view{S0,Here}(v) && same_life{S0,Here}(id % PARTITIONS_MAX);
T0:
    q = destroy_locked(id);
    //@ assert right: same_view{T0,Here}(v);
    //@ assert confidential: same_view{S1,Here}(v);
    //@ assert told: r == q;
}
