/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_ISOLATION_H
#define ISOLATION_ISOLATION_H

#include <stdbool.h>
#include <stdint.h>

#include "isolation/life.h"
#include "lib/addr.h"

/* Tables the pool should have on a machine whose RAM ends below frame `limit` and has `ram` frames. */
/*@ requires limit <= 0x10000000000000 && ram <= 0x10000000000000;
    assigns \nothing;
    ensures \result == limit / 512 + limit / 262144 + limit / 134217728 + 4 + 2 * (ram / 512 + ram / 262144) + 16 + ram / 64 + 1024;
*/
uint64_t isolation_tables_wanted(uint64_t limit, uint64_t ram);

/*
 * Establishes everything from nothing, before any partition: every frame FREE, no tables in use, an empty EPT for the
 * manager.  Then boot/ grants the manager its RAM with frame_grant().
 *   limit        first frame above all RAM, at most FRAMES_MAX; frames[] is backed up to it
 *   table_count  tables that are backed, at most TABLES_MAX
 *   first_table  the frame tables[0] is in; the pool is contiguous, below 2^36
 *   shared_bit   the shared bit as a number of guest frames: a power of two, FRAME_BATCH_MAX to GFN_LIMIT / 2
 *   cpus         CPUs that run the manager: 1 to CPUS_MAX
 * False: the pool is too small, or an argument is wrong.
 */
/*@ // Nothing was mapped before, so no CPU holds a translation and no frame holds a partition's data.
    requires ghosts: \forall integer p, v; 0 <= p < FRAMES_MAX ==> in_set(v) ==> cpu_stale[p].of[v] == 0 && residue[p].of[v] == 0;
    assigns table_limit, tables_hfn, table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1], frame_limit,
            frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], shared_bit_gfn,
            partitions[0 .. PARTITIONS_MAX - 1], vcpus[0 .. VCPUS_MAX - 1];
    ensures inv: \result ==> core_inv;
    ensures free: \result ==> \forall integer p; is_frame(p) ==> frames[p].state == FRAME_FREE;
    ensures guests: \result ==> \forall integer v; is_guest(v) ==> free(v) && partitions[v].generation == 0;
    ensures machine: \result ==> frame_limit == limit && shared_bit_gfn == shared_bit && made(PARTITION_MANAGER) == cpus;
*/
bool isolation_init(uint64_t limit, uint64_t table_count, hfn_t first_table, gfn_t shared_bit, uint32_t cpus);

#endif
