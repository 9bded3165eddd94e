/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_PARTITION_H
#define ISOLATION_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/run_exit.h"
#include "isolation/invariant.h"
#include "isolation/partition_types.h"
#include "lib/answer.h"

/* All slots FREE but the core's and the manager's, which is SEALED; the manager has one vCPU for each of `cpus` CPUs.
 * The pool has room for the manager's tables: `frames` frames at their own numbers.  False: it has not. */
bool partition_init(uint64_t limit, gfn_t shared_bit, uint32_t cpus);
/* Tables a slice for the manager needs, whose RAM ends below frame `limit`. */
uint64_t partition_manager_tables(uint64_t limit);
/* Tables a slice for a guest of `frames` frames needs: each private, each shared, and some room for holes. */
uint64_t partition_guest_tables(uint64_t frames);

/* The slot of a guest's id, or PARTITION_NONE.  Under the lock, or where the partition cannot be freed. */
/*@ assigns \nothing;
    ensures found: \result != PARTITION_NONE ==> is_guest(\result) && \result == id % PARTITIONS_MAX &&
      partitions[\result].state != PARTITION_FREE && partitions[\result].generation == id / PARTITIONS_MAX;
    ensures none: \result == PARTITION_NONE ==> !is_guest(id % PARTITIONS_MAX) ||
      partitions[id % PARTITIONS_MAX].state == PARTITION_FREE || partitions[id % PARTITIONS_MAX].generation != id / PARTITIONS_MAX;
*/
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
