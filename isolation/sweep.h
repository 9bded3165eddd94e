/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_SWEEP_H
#define ISOLATION_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "ept/table.h"
#include "isolation/invariant.h"

/*@ predicate inner_inv{L} = sys_inv{L} && home_inv{L} && mapped_inv{L} && has_root{L}(2 * PARTITION_MANAGER);
    // Frames of others stay as they are; the guest's stay, or become the manager's own.
    predicate only_freed{L1,L2}(integer slot) = \forall integer p; is_frame{L1}(p) ==>
      (\at(frames[p].owner,L1) != slot ==> \at(frames[p],L2) == \at(frames[p],L1)) &&
      (\at(frames[p].owner,L1) == slot ==> \at(frames[p],L2) == \at(frames[p],L1) ||
        (\at(frames[p].state,L2) == FRAME_OWNED && \at(frames[p].owner,L2) == PARTITION_MANAGER && \at(frames[p].owner_slot,L2) != 0));
    // What others than the guest and the manager reach.
    predicate walks_of_others{L1,L2}(integer slot) = \forall integer a, g; is_space(a) ==> 0 <= g < GFN_LIMIT ==>
      part(a) != slot ==> a != 2 * PARTITION_MANAGER ==> walk{L2}(a, g) == walk{L1}(a, g);
    // Where a step from slot `at` of table t ends: behind the last frame of a whole batch, or at the end of the table.
    logic integer leaves{L}(integer t, integer at, integer n) =
      n <= at ? 0 : leaves{L}(t, at, n - 1) + (\at(tables[t].entry[n - 1],L) != 0 ? 1 : 0);
    predicate of_guest{L}(integer slot, integer t) = \at(table_tags[t].level,L) == 0 && \at(table_tags[t].space,L) == 2 * slot;
    predicate stops{L}(integer slot, integer t, integer at, integer next) = at < next <= TABLE_SLOTS &&
      (!of_guest{L}(slot, t) ==> next == TABLE_SLOTS) &&
      (of_guest{L}(slot, t) ==> (next == TABLE_SLOTS || leaves{L}(t, at, next) == FRAME_BATCH_MAX) &&
        \forall integer j; at <= j < next ==> leaves{L}(t, at, j) < FRAME_BATCH_MAX);
*/

/*
 * One step of the sweep of guest `slot` in destruction, none of whose vCPUs runs: from slot `at` of table `table` of its slice,
 * takes up to FRAME_BATCH_MAX frames back to the manager, scrubbed.  Returns the first slot of the table not passed;
 * TABLE_SLOTS: the table is done.  Under the ownership lock.
 */
/*@ requires inner_inv && is_guest(slot) && has_root(2 * slot) && at < TABLE_SLOTS;
    requires in_slice(slot, table) && table < TABLES_MAX;
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            cpu_stale[0 .. FRAMES_MAX - 1], residue[0 .. FRAMES_MAX - 1];
    ensures inv: inner_inv;
    ensures progress: at < \result <= TABLE_SLOTS;
    ensures exact: stops{Pre}(slot, table, at, \result);
    ensures frames: only_freed{Pre,Post}(slot);
    ensures walks: walks_of_others{Pre,Post}(slot);
    ensures empty: is_tab(table, 0) && table_tags[table].space == 2 * slot ==> \forall integer i; at <= i < \result ==> tables[table].entry[i] == 0;
*/
uint32_t sweep_table(uint32_t slot, uint32_t table, uint32_t at);

#endif
