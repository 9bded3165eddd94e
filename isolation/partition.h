/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_PARTITION_H
#define ISOLATION_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/run_exit.h"
#include "lib/addr.h"
#include "lib/answer.h"
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

/* All slots FREE but the core's and the manager's, which is SEALED; the manager has one vCPU for each of `cpus` CPUs.
 * The pool has room for the manager's tables: `frames` frames at their own numbers.  False: it has not. */
bool partition_init(uint64_t limit, gfn_t shared_bit, uint32_t cpus);
/* Tables a slice for the manager needs, whose RAM ends below frame `limit`. */
uint64_t partition_manager_tables(uint64_t limit);
/* Tables a slice for a guest of `frames` frames needs: each private, each shared, and some room for holes. */
uint64_t partition_guest_tables(uint64_t frames);

/* The slot of a guest's id, or PARTITION_NONE.  Under the lock, or where the partition cannot be freed. */
uint32_t partition_find(uint64_t id);
uint64_t partition_id(uint32_t slot);

/* Frees the slot of a partition that has nothing any more: the end of reclaim.  Under the lock. */
void partition_free(uint32_t slot);

/* May a vCPU of this partition run?  Without the lock: ask after ept_flush_enter() and after vcpu_claim(). */
bool partition_runs(uint32_t slot);
/* Stops the partition for good, for `reason`, and records it.  Takes no lock: for exits.  First reason stays. */
void partition_kill(uint32_t slot, enum kill_reason reason, uint64_t detail);
uint32_t partition_killed(uint32_t slot);

/* The hypercalls (abi/hypercall.h); they take the lock. */

/* value = id.  INVALID at RDI: 0 or more frames than the machine has.  INVALID at RSI: 0 or more than
 * VCPUS_MAX.  NO_ROOM: no slot; at RDI: no tables; at RSI: no vCPUs. */
struct answer partition_create(uint64_t frames, uint64_t vcpus);
/* INVALID at RDI: no such partition.  BAD_STATE at RDI: not LIVE, or it has no vCPU. */
uint64_t partition_seal(uint64_t id);
/* From now on no vCPU of it enters; one that runs on another CPU is thrown out.  INVALID at RDI: no such partition.
 * BAD_STATE at RDI: DESTROYING already. */
uint64_t partition_destroy(uint64_t id);

#endif
