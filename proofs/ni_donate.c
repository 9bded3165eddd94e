/* SPDX-License-Identifier: Apache-2.0 */
/* What the manager donates to one guest, no other guest learns. */
#include "isolation/frame_donate.c"
#include "proofs/view.h"

/*@ requires core_inv && is_guest(v) && v != id % PARTITIONS_MAX && 1 <= count <= FRAME_BATCH_MAX;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1]; */
void ni_donate(uint32_t v, uint64_t id, gfn_t gfn, hfn_t hfn, uint64_t count, bool keep)
{
    uint64_t r, q;

S0:
    r = donate_locked(id, gfn, hfn, count, keep);
    //@ assert left: same_view{S0,Here}(v);
S1:
    any_state();
    //@ admit same_view{S0,Here}(v);
T0:
    q = donate_locked(id, gfn, hfn, count, keep);
    //@ assert right: same_view{T0,Here}(v);
    //@ assert confidential: same_view{S1,Here}(v);
}
