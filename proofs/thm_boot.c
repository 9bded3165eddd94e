/* SPDX-License-Identifier: Apache-2.0 */
/* Boot establishes the invariant from nothing, as a proof driver: never linked.  Its precondition does not mention the
 * invariant, so this also shows that the invariant can be satisfied: no other proof is vacuous for lack of a state. */
#include "ept/table.h"
#include "isolation/frame_grant.h"

/*@ requires machine: limit <= FRAMES_MAX && pool <= TABLES_MAX && pool_hfn <= GFN_LIMIT - TABLES_MAX;
    requires ghosts: \forall integer p, v; 0 <= p < FRAMES_MAX ==> in_set(v) ==> cpu_stale[p].of[v] == 0 && residue[p].of[v] == 0;
    assigns frame_limit, frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1],
            table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1], table_limit, tables_hfn, residue[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv && home_inv;
    ensures ready: \result ==> has_root(2 * PARTITION_MANAGER) && \forall integer p; first <= p < first + count ==>
      frames[p].state == FRAME_OWNED && frames[p].owner == PARTITION_MANAGER;
*/
bool thm_boot(uint64_t limit, uint32_t pool, uint64_t pool_hfn, uint32_t manager_tables, uint64_t first,
              uint64_t count, uint32_t kind)
{
    uint32_t run;

    table_init(pool, pool_hfn);
    frame_init(limit);
    run = table_slice_find(manager_tables);
    if (run == TABLE_NONE) {
        return false;
    }
    table_slice_open(PARTITION_MANAGER, run, manager_tables);
    //@ assert no_leaves: \forall integer t, i; is_tab(t, 0) ==> ix(i) ==> tables[t].entry[i] == 0;
    //@ assert inv: sys_inv && home_inv;
    return frame_grant(first, count, kind % 3u);
}
