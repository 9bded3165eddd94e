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

/*@ // What the manager may donate.
    predicate same_hand{L,M} = \forall integer p; is_frame{L}(p) ==> (given(\at(frames[p],L)) <==> given(\at(frames[p],M)));
    predicate same_quota{L,M}(integer v) = \at(partitions[v].frames_left,L) == \at(partitions[v].frames_left,M);
*/

/*
 * What the manager is told depends on the frames that it may donate itself, and of the guest that it fills on what it knows of its life, what
 * it has put where in it, and what of tables is left of that; but for NO_ROOM at RDX, which speaks of the manager's own tables.
 */
/*@ requires core_inv && 1 <= count <= FRAME_BATCH_MAX;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1]; */
void ni_donate_told(uint64_t id, gfn_t gfn, hfn_t hfn, uint64_t count, bool keep)
{
    uint64_t r, q;

S0:
    r = donate_locked(id, gfn, hfn, count, keep);
S1:
    any_state();
    //@ admit same_life{S0,Here}(id % PARTITIONS_MAX) && same_quota{S0,Here}(id % PARTITIONS_MAX) && same_tables{S0,Here}(id % PARTITIONS_MAX) && same_walks_of{S0,Here}(id % PARTITIONS_MAX) && same_hand{S0,Here};
    //@ assert known: known{S0}(id) <==> known(id);
    //@ assert has: hfn + count <= frame_limit ==> (manager_has_all{S0}(hfn, count) <==> manager_has_all(hfn, count));
    //@ assert absent: gfn + count <= GFN_LIMIT ==> (absent_all{S0}(2 * (id % PARTITIONS_MAX), gfn, count) <==> absent_all(2 * (id % PARTITIONS_MAX), gfn, count));
    //@ assert enough: gfn + count <= GFN_LIMIT ==> (enough{S0}(id % PARTITIONS_MAX, gfn, count) <==> enough(id % PARTITIONS_MAX, gfn, count));
    //@ assert can: can_donate{S0}(id, gfn, hfn, count) <==> can_donate(id, gfn, hfn, count);
T0:
    q = donate_locked(id, gfn, hfn, count, keep);
    //@ assert told: r == q || r == STATUS_AT(STATUS_NO_ROOM, OPERAND_RDX) || q == STATUS_AT(STATUS_NO_ROOM, OPERAND_RDX);
    //@ assert given: r == STATUS_OK ==> q == STATUS_OK ==> same_walks_of{S1,Here}(id % PARTITIONS_MAX);
    //@ assert refused: is_guest(id % PARTITIONS_MAX) ==> r != STATUS_OK ==> q != STATUS_OK ==> same_walks_of{S1,Here}(id % PARTITIONS_MAX);
    //@ assert filled: is_guest(id % PARTITIONS_MAX) ==> r == q ==> same_walks_of{S1,Here}(id % PARTITIONS_MAX);
}
