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

/* What the manager is told, and what its books are then, its books before decide, and what it asks. */
/*@ requires core_inv && 1 <= frame_count <= FRAMES_MAX && 1 <= vcpu_count <= VCPUS_MAX;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1], audit_ring[0 .. AUDIT_RECORDS - 1], audit_count; */
void ni_create_told(uint64_t frame_count, uint32_t vcpu_count)
{
    struct answer r, q;

S0:
    r = create_locked(frame_count, vcpu_count);
S1:
    any_state();
    //@ admit same_book{S0,Here};
    //@ assert slot: \forall integer w; usable{S0}(w) <==> usable(w);
    //@ assert way: \forall integer w, p, n; in_set(w) ==> (in_way{S0}(w, p, n) <==> in_way(w, p, n));
    //@ assert slice: \forall integer p, n; meets_slice{S0}(p, n) <==> meets_slice(p, n);
    //@ assert clear: \forall integer w, p, n; in_set(w) ==> (run_clear{S0}(w, p, n) <==> run_clear(w, p, n));
    //@ assert run: \forall integer p, n; meets_run{S0}(p, n) <==> meets_run(p, n);
    //@ assert no_slot: no_slot{S0} <==> no_slot;
    //@ assert no_slice: no_slice{S0}(guest_tables(frame_count)) <==> no_slice(guest_tables(frame_count));
    //@ assert no_run: no_run{S0}(vcpu_count) <==> no_run(vcpu_count);
    //@ assert one_slot: \forall integer x, y; first_slot{S0}(x) ==> first_slot(y) ==> x == y;
    //@ assert one_slice: \forall integer x, y, n; first_slice{S0}(x, n) ==> first_slice(y, n) ==> x == y;
    //@ assert one_run: \forall integer x, y, n; first_run{S0}(x, n) ==> first_run(y, n) ==> x == y;
T0:
    q = create_locked(frame_count, vcpu_count);
    //@ assert told: r.status == q.status;
    //@ assert same: r.status == STATUS_OK ==> r.value % PARTITIONS_MAX == q.value % PARTITIONS_MAX;
    //@ assert ids: \forall integer w; in_set(w) ==> id_of{S0}(w) == id_of{T0}(w);
    //@ assert first: r.status == STATUS_OK ==> is_guest(r.value % PARTITIONS_MAX) && r.value == id_of{S0}(r.value % PARTITIONS_MAX);
    //@ assert second: q.status == STATUS_OK ==> is_guest(q.value % PARTITIONS_MAX) && q.value == id_of{T0}(q.value % PARTITIONS_MAX);
    //@ assert given: r.value == q.value;
    //@ assert mine: r.status == STATUS_OK ==> same_account{S1,Here}(r.value % PARTITIONS_MAX);
    //@ assert others: \forall integer w; in_set(w) ==> !(r.status == STATUS_OK && w == r.value % PARTITIONS_MAX) ==> same_account{S1,Here}(w);
    //@ assert book: same_book{S1,Here};
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
