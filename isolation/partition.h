/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_PARTITION_H
#define ISOLATION_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/run_exit.h"
#include "abi/status.h"
#include "isolation/audit.h"
#include "isolation/life.h"
#include "isolation/partition_types.h"
#include "lib/answer.h"

/* The slot of a guest's id, or PARTITION_NONE.  Under the lock, or where the partition cannot be freed. */
/*@ assigns \nothing;
    ensures found: \result != PARTITION_NONE ==> is_guest(\result) && \result == id % PARTITIONS_MAX &&
      partitions[\result].state != PARTITION_FREE && partitions[\result].generation == id / PARTITIONS_MAX;
    ensures none: \result == PARTITION_NONE ==> !is_guest(id % PARTITIONS_MAX) ||
      partitions[id % PARTITIONS_MAX].state == PARTITION_FREE || partitions[id % PARTITIONS_MAX].generation != id / PARTITIONS_MAX;
*/
uint32_t partition_find(uint64_t id);
/*@ requires in_set(slot) && partitions[slot].generation <= GENERATION_MAX;
    assigns \nothing;
    ensures \result == id_of(slot);
    ensures back: \result % PARTITIONS_MAX == slot && \result / PARTITIONS_MAX == partitions[slot].generation;
*/
uint64_t partition_id(uint32_t slot);

/* What other CPUs read without the lock, by one store, after all else is in place. */
/*@ requires in_set(slot);
    assigns partitions[slot].state;
    ensures partitions[slot].state == state;
*/
void partition_publish(uint32_t slot, uint32_t state);
/* Nothing of what a partition has but its state and its generation. */
/*@ requires in_set(slot);
    assigns partitions[slot];
    ensures blank: partitions[slot].killed == KILL_NONE && partitions[slot].frames_left == 0 &&
      partitions[slot].vcpu_first == 0 && partitions[slot].vcpu_limit == 0 && partitions[slot].vcpu_count == 0 &&
      partitions[slot].cursor == 0;
    ensures same: partitions[slot].state == \old(partitions[slot].state) &&
      partitions[slot].generation == \old(partitions[slot].generation);
*/
void partition_reset(uint32_t slot);
/* Frees the slot of a partition that has nothing any more: the end of reclaim.  Under the lock. */
/*@ requires life_inv && is_guest(slot) && !free(slot) && run_size(slot) == 0;
    assigns partitions[slot];
    ensures inv: life_inv;
    ensures freed: partitions[slot].state == PARTITION_FREE;
    ensures never_again: partitions[slot].generation == \old(partitions[slot].generation) + 1;
*/
void partition_free(uint32_t slot);

/* May a vCPU of this partition run?  Without the lock: ask after ept_flush_enter() and after vcpu_claim(). */
/*@ requires in_set(slot);
    assigns \nothing;
    ensures \result <==> may_run(slot);
*/
bool partition_runs(uint32_t slot);
/* Stops the partition for good, for `reason`, and records it.  Takes no lock: for exits.  First reason stays. */
/*@ requires in_set(slot) && partitions[slot].generation <= GENERATION_MAX;
    assigns partitions[slot].killed, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures keeps: life_inv{Pre} ==> life_inv{Post};
    ensures killed: reason != KILL_NONE ==> !may_run(slot);
    ensures first: \old(partitions[slot].killed) != KILL_NONE ==> partitions[slot].killed == \old(partitions[slot].killed);
*/
void partition_kill(uint32_t slot, enum kill_reason reason, uint64_t detail);
/*@ requires in_set(slot);
    assigns \nothing;
    ensures \result == partitions[slot].killed;
*/
uint32_t partition_killed(uint32_t slot);

/* The hypercalls (abi/hypercall.h); they take the lock. */

/* INVALID at RDI: no such partition.  BAD_STATE at RDI: not LIVE, or it has no vCPU. */
/*@ requires held == 0;
    assigns held, frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1], audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures held == 0;
*/
uint64_t partition_seal(uint64_t id);
/* From now on no vCPU of it enters; one that runs on another CPU is thrown out.  INVALID at RDI: no such partition.
 * BAD_STATE at RDI: DESTROYING already. */
/*@ requires held == 0;
    assigns held, frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1], audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures held == 0;
    ensures lives: life_inv;
    ensures known: \result == STATUS_OK ==> id / PARTITIONS_MAX <= GENERATION_MAX;
*/
uint64_t partition_destroy(uint64_t id);

#endif
