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
