/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_ISOLATION_H
#define ISOLATION_ISOLATION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

/* Tables the pool should have on a machine whose RAM ends below frame `limit` and has `ram` frames. */
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
bool isolation_init(uint64_t limit, uint64_t table_count, hfn_t first_table, gfn_t shared_bit, uint32_t cpus);

#endif
