/* SPDX-License-Identifier: Apache-2.0 */
/* What a guest shares or takes back, no other guest learns. */
#include "isolation/page.c"
#include "proofs/view.h"

/*@ requires core_inv && is_guest(v) && is_guest(a) && v != a && has_root(2 * a) && partitions[a].state == PARTITION_SEALED;
    requires 1 <= count <= FRAME_BATCH_MAX && gfn + count <= shared_bit_gfn;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1]; */
void ni_share(uint32_t v, uint32_t a, gfn_t gfn, uint64_t count)
{
S0:
    share_locked(a, gfn, count);
    //@ assert left_walks: \forall integer g; 0 <= g < GFN_LIMIT ==> walk{S0}(2 * v, g) == walk(2 * v, g);
    //@ assert left_frames: \forall integer p; is_frame(p) ==> frames[p].owner != a ==> frames[p] == \at(frames[p],S0);
    //@ assert left: same_view{S0,Here}(v);
S1:
    any_state();
    //@ admit same_view{S0,Here}(v) && has_root(2 * a) && partitions[a].state == PARTITION_SEALED;
T0:
    share_locked(a, gfn, count);
    //@ assert right_walks: \forall integer g; 0 <= g < GFN_LIMIT ==> walk{T0}(2 * v, g) == walk(2 * v, g);
    //@ assert right_frames: \forall integer p; is_frame(p) ==> frames[p].owner != a ==> frames[p] == \at(frames[p],T0);
    //@ assert right: same_view{T0,Here}(v);
    //@ assert confidential: same_view{S1,Here}(v);
}

/*@ requires core_inv && is_guest(v) && is_guest(a) && v != a && has_root(2 * a) && partitions[a].state == PARTITION_SEALED;
    requires 1 <= count <= FRAME_BATCH_MAX && gfn + count <= shared_bit_gfn;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1]; */
void ni_unshare(uint32_t v, uint32_t a, gfn_t gfn, uint64_t count)
{
S0:
    unshare_locked(a, gfn, count);
    //@ assert left_walks: \forall integer g; 0 <= g < GFN_LIMIT ==> walk{S0}(2 * v, g) == walk(2 * v, g);
    //@ assert left_frames: \forall integer p; is_frame(p) ==> frames[p].owner != a ==> frames[p] == \at(frames[p],S0);
    //@ assert left: same_view{S0,Here}(v);
S1:
    any_state();
    //@ admit same_view{S0,Here}(v) && has_root(2 * a) && partitions[a].state == PARTITION_SEALED;
T0:
    unshare_locked(a, gfn, count);
    //@ assert right_walks: \forall integer g; 0 <= g < GFN_LIMIT ==> walk{T0}(2 * v, g) == walk(2 * v, g);
    //@ assert right_frames: \forall integer p; is_frame(p) ==> frames[p].owner != a ==> frames[p] == \at(frames[p],T0);
    //@ assert right: same_view{T0,Here}(v);
    //@ assert confidential: same_view{S1,Here}(v);
}

/* What a guest is told that shares pages, or takes them back, depends on its own translations and its own tables alone. */
/*@ requires core_inv && is_guest(a) && has_root(2 * a) && partitions[a].state == PARTITION_SEALED;
    requires 1 <= count <= FRAME_BATCH_MAX && gfn + count <= shared_bit_gfn;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1]; */
void ni_share_told(uint32_t a, gfn_t gfn, uint64_t count)
{
    struct answer r, q;

S0:
    r = share_locked(a, gfn, count);
    any_state();
    //@ admit same_walks_of{S0,Here}(a) && same_tables{S0,Here}(a) && has_root(2 * a) && partitions[a].state == PARTITION_SEALED;
T0:
    /*@ loop invariant 0 <= k <= count;
        loop invariant lacks: \forall integer g; 0 <= g < GFN_LIMIT ==>
          batch_lacks{S0}(2 * a, gfn, gfn + shared_bit_gfn, k, g) == batch_lacks{T0}(2 * a, gfn, gfn + shared_bit_gfn, k, g);
        loop invariant takes: batch_takes{S0}(2 * a, gfn, gfn + shared_bit_gfn, k) == batch_takes{T0}(2 * a, gfn, gfn + shared_bit_gfn, k);
        loop invariant faults: \forall integer j; 0 <= j < k ==>
          batch_fault{S0}(a, gfn, gfn + shared_bit_gfn, FRAME_OWNED, j) == batch_fault{T0}(a, gfn, gfn + shared_bit_gfn, FRAME_OWNED, j);
        loop assigns k;
        loop variant count - k; */
    for (uint64_t k = 0; k < count; k++) {
        //@ assert here: walk{S0}(2 * a, gfn + k) == walk{T0}(2 * a, gfn + k) && walk{S0}(2 * a, gfn + shared_bit_gfn + k) == walk{T0}(2 * a, gfn + shared_bit_gfn + k);
    }
    q = share_locked(a, gfn, count);
    //@ assert told: r.status == q.status && r.value == q.value;
}

/*@ requires core_inv && is_guest(a) && has_root(2 * a) && partitions[a].state == PARTITION_SEALED;
    requires 1 <= count <= FRAME_BATCH_MAX && gfn + count <= shared_bit_gfn;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1]; */
void ni_unshare_told(uint32_t a, gfn_t gfn, uint64_t count)
{
    struct answer r, q;

S0:
    r = unshare_locked(a, gfn, count);
    any_state();
    //@ admit same_walks_of{S0,Here}(a) && same_tables{S0,Here}(a) && has_root(2 * a) && partitions[a].state == PARTITION_SEALED;
T0:
    /*@ loop invariant 0 <= k <= count;
        loop invariant lacks: \forall integer g; 0 <= g < GFN_LIMIT ==>
          batch_lacks{S0}(2 * a, gfn + shared_bit_gfn, gfn, k, g) == batch_lacks{T0}(2 * a, gfn + shared_bit_gfn, gfn, k, g);
        loop invariant takes: batch_takes{S0}(2 * a, gfn + shared_bit_gfn, gfn, k) == batch_takes{T0}(2 * a, gfn + shared_bit_gfn, gfn, k);
        loop invariant faults: \forall integer j; 0 <= j < k ==>
          batch_fault{S0}(a, gfn + shared_bit_gfn, gfn, FRAME_SHARED, j) == batch_fault{T0}(a, gfn + shared_bit_gfn, gfn, FRAME_SHARED, j);
        loop assigns k;
        loop variant count - k; */
    for (uint64_t k = 0; k < count; k++) {
        //@ assert here: walk{S0}(2 * a, gfn + shared_bit_gfn + k) == walk{T0}(2 * a, gfn + shared_bit_gfn + k) && walk{S0}(2 * a, gfn + k) == walk{T0}(2 * a, gfn + k);
    }
    q = unshare_locked(a, gfn, count);
    //@ assert told: r.status == q.status && r.value == q.value;
}
