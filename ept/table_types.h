/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EPT_TABLE_TYPES_H
#define EPT_TABLE_TYPES_H

#include <stdint.h>

#include "ept/ept_entry.h"
#include "lib/addr.h"
#include "lib/limits.h"

/*
 * The typed pool of translation tables, for EPT and VT-d alike.  A table is named by its index.
 *
 * Every table has a tag: the address space it translates, its level, and which guest frames it covers.
 * The invariant (ept/table_logic.h) is local: each entry agrees with the tag of what it points to.
 *
 * Each partition has one slice of the pool: contiguous, its quota, what a sweep of it passes over.  The
 * first `used` tables of a slice are in use; a table outside of every used part means nothing, whatever
 * its tag says.  So a slice is opened and closed in O(1), and one partition's use tells another nothing.
 *
 * The arrays are at fixed addresses given by boot/core.lds (host tests define them), backed for the first
 * `table_limit` tables.  Everything here runs under the ownership lock.
 */
#define TABLE_SLOTS 512u
#define TABLE_NONE  TABLES_MAX
#define TABLE_ROOT  3u            /* level of a root; level 0 holds the leaves */
#define GFN_LIMIT   0x1000000000u /* 2^36: what four levels translate */

/* Address spaces: the EPT of partition v is 2v, its VT-d tree 2v + 1. */
#define SPACES_MAX (2u * PARTITIONS_MAX)

struct table {
    uint64_t entry[TABLE_SLOTS];
};
_Static_assert(sizeof(struct table) == FRAME_SIZE, "a table is a frame");

struct table_tag {
    uint32_t space;
    uint32_t level;
    uint64_t base; /* covers guest frames base * 512^(level+1) on */
};
_Static_assert(sizeof(struct table_tag) == 16, "table_tags is placed by boot/core.lds");

/* A partition's tables: first .. first + count - 1, of which `used` are in use. */
struct table_slice {
    uint32_t first;
    uint32_t count; /* 0: the partition has no slice */
    uint32_t used;
};

extern struct table tables[TABLES_MAX];
extern struct table_tag table_tags[TABLES_MAX];
extern struct table_slice table_slices[PARTITIONS_MAX];
extern uint32_t table_roots[SPACES_MAX]; /* TABLE_NONE: the space has no tree */
extern uint32_t table_limit;             /* tables that are backed; set once at boot */
extern hfn_t tables_hfn;                 /* the frame tables[0] is in; set once at boot */

/*@ requires partition < PARTITIONS_MAX;
    assigns \nothing;
    ensures \result == 2 * partition;
*/
static inline uint32_t table_ept_space(uint32_t partition)
{
    return 2u * partition;
}

#endif
