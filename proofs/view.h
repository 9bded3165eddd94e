/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_VIEW_H
#define PROOFS_VIEW_H

#include "isolation/life.h"

/* Noninterference by self-composition: an operation runs from some state, then again from any other state that looks the same
 * to an observer; the two ends must look the same to it.  The observer is a guest that takes no part. */
/*@ // What guest v sees of ownership: its frames, with their state, and its translations.
    predicate same_view{L,M}(integer v) =
      (\forall integer p; is_frame{L}(p) ==> (may_access{L}(v, p) <==> may_access{M}(v, p)) &&
        (may_access{L}(v, p) ==> \at(frames[p].owner,L) == \at(frames[p].owner,M) &&
           \at(frames[p].state,L) == \at(frames[p].state,M) && \at(frames[p].borrower,L) == \at(frames[p].borrower,M))) &&
      (\forall integer g; 0 <= g < GFN_LIMIT ==> walk{L}(2 * v, g) == walk{M}(2 * v, g));
    // What the manager, which makes and ends partitions, knows of the life of partition v.
    predicate same_life{L,M}(integer v) = \at(partitions[v].state,L) == \at(partitions[v].state,M) &&
      \at(partitions[v].generation,L) == \at(partitions[v].generation,M) && run_first{L}(v) == run_first{M}(v) &&
      run_size{L}(v) == run_size{M}(v) && made{L}(v) == made{M}(v);
    // What the manager has on its books, by what it asked and was answered: which partitions there are, and how much each was made with.
    predicate same_account{L,M}(integer v) = same_life{L,M}(v) &&
      \at(partitions[v].frames_left,L) == \at(partitions[v].frames_left,M) &&
      \at(table_slices[v].first,L) == \at(table_slices[v].first,M) && \at(table_slices[v].count,L) == \at(table_slices[v].count,M);
    predicate same_book{L,M} = \forall integer v; in_set(v) ==> same_account{L,M}(v);
    // A partition's tables, as far as they decide whether there is room: what its tree lacks, and what its slice has left.
    predicate same_tables{L,M}(integer v) = same_missing{L,M}(2 * v) && left{L}(v) == left{M}(v);
    predicate same_walks_of{L,M}(integer v) = \forall integer g; 0 <= g < GFN_LIMIT ==> walk{L}(2 * v, g) == walk{M}(2 * v, g);
*/

/* Any other state. */
/*@ assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures core_inv; */
void any_state(void);

#endif
