/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_PARTITION_TYPES_H
#define ISOLATION_PARTITION_TYPES_H

#include <stdint.h>

#include "lib/addr.h"
#include "lib/limits.h"

/*
 * Partitions.  Slot 0 is the core, slot 1 the manager, the others are guests.  A partition's id is
 * generation * PARTITIONS_MAX + slot; a slot's generation grows when the slot is freed, so an id never comes back.
 *
 * Read without the lock: `state` and `killed`, by partition_runs(), published by one store each.
 */
enum partition_state {
    PARTITION_FREE = 0,
    PARTITION_LIVE = 1,       /* being filled: donation and new vCPUs, nothing runs */
    PARTITION_SEALED = 2,     /* its vCPUs may run; no donation, no new vCPU */
    PARTITION_DESTROYING = 3, /* only FRAME_RECLAIM */
};

struct partition {
    uint32_t state;  /* enum partition_state */
    uint32_t killed; /* enum kill_reason: not KILL_NONE stops it for good */
    uint64_t generation;
    uint64_t frames_left; /* private frames it may still be given */
    uint32_t vcpu_first;  /* its vCPUs have slots vcpu_first on */
    uint32_t vcpu_limit;  /* slots it has */
    uint32_t vcpu_count;  /* of which in use */
    uint32_t cursor;      /* DESTROYING: the sweep has passed this many slots of its tables */
};
_Static_assert(sizeof(struct partition) == 40, "no padding");

#define PARTITION_NONE PARTITIONS_MAX

/* After this many lives a slot is not used again. */
#define GENERATION_MAX 0x100000000u

extern struct partition partitions[PARTITIONS_MAX];
/* The shared bit, as a number of guest frames (a power of two, at most GFN_LIMIT / 2); set once at boot.  The private
 * guest frames of a guest are 0 .. shared_bit_gfn - 1, the shared ones these + shared_bit_gfn. */
extern gfn_t shared_bit_gfn;

#endif
