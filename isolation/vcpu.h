/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_VCPU_H
#define ISOLATION_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/status.h"
#include "isolation/life.h"
#include "isolation/vcpu_types.h"
#include "lib/answer.h"

/* All slots FREE. */
/*@ assigns vcpus[0 .. VCPUS_MAX - 1];
    ensures free: \forall integer s; is_vcpu(s) ==> vcpus[s].state == VCPU_FREE && vcpus[s].partition == PARTITION_CORE;
*/
void vcpu_init(void);

/* Under the lock: */

/* The first run of `count` slots that no partition has, or VCPU_NONE: there is none. */
/*@ requires life_inv;
    assigns \nothing;
    ensures none: \result <= VCPU_NONE;
    ensures range: \result != VCPU_NONE ==> 1 <= count && \result + count <= VCPUS_MAX;
    ensures clear: \result != VCPU_NONE ==> \forall integer v; in_set(v) ==> run_clear(v, \result, count);
    ensures first: \result != VCPU_NONE ==> first_run(\result, count);
    ensures full: 1 <= count ==> \result == VCPU_NONE ==> no_run(count);
*/
uint32_t vcpu_find_run(uint64_t count);
/* Makes the next vCPU of partition `partition`, which has room for it: claimed by the maker.  Its slot. */
/*@ requires life_inv && in_set(partition) && partitions[partition].vcpu_count < partitions[partition].vcpu_limit;
    assigns vcpus[0 .. VCPUS_MAX - 1], partitions[partition].vcpu_count;
    ensures inv: life_inv;
    ensures slot: \result == \old(run_first(partition) + made(partition)) && is_vcpu(\result);
    ensures was: \old(vcpus[run_first(partition) + made(partition)].state) == VCPU_FREE;
    ensures made: made(partition) == \old(made(partition)) + 1;
    ensures blank: vcpus[\result].state == VCPU_RUNNING && vcpus[\result].partition == partition &&
      vcpus[\result].index == \old(made(partition)) && vcpus[\result].last_cpu == VCPU_NO_CPU &&
      vcpus[\result].generation == id_of(partition) && vcpus[\result].requests[0] == 0 && vcpus[\result].requests[1] == 0 &&
      vcpus[\result].requests[2] == 0 && vcpus[\result].requests[3] == 0;
    ensures others: same_vcpus_but{Pre,Post}(\result);
*/
uint32_t vcpu_make(uint32_t partition);
/* Is a vCPU of the partition not yet GONE?  Under destruction, one that is GONE stays so. */
/*@ requires life_inv && in_set(partition);
    assigns \nothing;
    ensures \result <==> \exists integer s; in_run(partition, s) && vcpus[s].state != VCPU_GONE;
*/
bool vcpu_any_left(uint32_t partition);
/* Frees the vCPUs of the partition, all of which are GONE. */
/*@ requires life_inv && in_set(partition) && all_gone(partition);
    assigns vcpus[0 .. VCPUS_MAX - 1], partitions[partition].vcpu_first, partitions[partition].vcpu_limit,
            partitions[partition].vcpu_count;
    ensures inv: life_inv;
    ensures none: run_first(partition) == 0 && run_size(partition) == 0 && made(partition) == 0;
    ensures freed: \forall integer s; in_run{Pre}(partition, s) ==> vcpus[s].state == VCPU_FREE;
    ensures others: same_vcpus_out{Pre,Post}(\old(run_first(partition)), \old(made(partition)));
*/
void vcpu_free_all(uint32_t partition);

/* Without the lock: */

/*@ predicate vcpu_there{L}(integer id) = \at(vcpus[id % VCPUS_MAX].state,L) != VCPU_FREE &&
      \at(vcpus[id % VCPUS_MAX].generation,L) == id / VCPUS_MAX &&
      \at(vcpus[id % VCPUS_MAX].partition,L) >= PARTITION_FIRST_GUEST;
    // The partition whose id is the vCPU's generation.
    logic integer id_partition(integer id) = (id / VCPUS_MAX) % PARTITIONS_MAX;
*/
/* The slot of a guest vCPU's id, or VCPU_NONE. */
/*@ assigns \nothing;
    ensures found: vcpu_there(id) ==> \result == id % VCPUS_MAX;
    ensures none: !vcpu_there(id) ==> \result == VCPU_NONE;
*/
uint32_t vcpu_find(uint64_t id);
/* The slot of vCPU `index` of a partition, or VCPU_NONE. */
/*@ requires in_set(partition) && run_ok(partition);
    assigns \nothing;
    ensures found: index < made(partition) ==> \result == run_first(partition) + index && is_vcpu(\result);
    ensures none: index >= made(partition) ==> \result == VCPU_NONE;
*/
uint32_t vcpu_of(uint32_t partition, uint32_t index);
/* READY => RUNNING, for guest vCPU `id`: value = slot.  INVALID: no such vCPU.  BUSY: claimed by another CPU, or being
 * made.  BAD_STATE: it is GONE.  The operand is RCX in VCPU_RUN, which has no number: operand is NONE. */
/*@ predicate vcpu_taken{L}(integer id) = \at(vcpus[id % VCPUS_MAX].state,L) != VCPU_READY;
    predicate vcpu_gone{L}(integer id) = \at(vcpus[id % VCPUS_MAX].state,L) == VCPU_GONE;
*/
/*@ assigns vcpus[id % VCPUS_MAX].state;
    ensures keeps: life_inv{Pre} ==> life_inv{Post};
    ensures invalid: !vcpu_there{Pre}(id) ==> \result.status == STATUS_INVALID;
    ensures gone: vcpu_there{Pre}(id) && vcpu_gone{Pre}(id) ==> \result.status == STATUS_BAD_STATE;
    ensures busy: vcpu_there{Pre}(id) && vcpu_taken{Pre}(id) && !vcpu_gone{Pre}(id) ==> \result.status == STATUS_BUSY;
    ensures ok: vcpu_there{Pre}(id) && !vcpu_taken{Pre}(id) ==> \result.status == STATUS_OK;
    ensures claimed: \result.status == STATUS_OK ==> \result.value == id % VCPUS_MAX && vcpus[id % VCPUS_MAX].state == VCPU_RUNNING;
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0 &&
      vcpus[id % VCPUS_MAX].state == \old(vcpus[id % VCPUS_MAX].state);
*/
struct answer vcpu_seize(uint64_t id);
/* The same, if its partition runs.  BAD_STATE too: its partition is not SEALED, or was killed (partition_killed() says
 * so). */
/*@ assigns vcpus[id % VCPUS_MAX].state;
    ensures keeps: life_inv{Pre} ==> life_inv{Post};
    ensures invalid: !vcpu_there{Pre}(id) ==> \result.status == STATUS_INVALID;
    ensures gone: vcpu_there{Pre}(id) && vcpu_gone{Pre}(id) ==> \result.status == STATUS_BAD_STATE;
    ensures busy: vcpu_there{Pre}(id) && vcpu_taken{Pre}(id) && !vcpu_gone{Pre}(id) ==> \result.status == STATUS_BUSY;
    ensures state: vcpu_there{Pre}(id) && !vcpu_taken{Pre}(id) &&
      !(vcpus[id % VCPUS_MAX].partition == id_partition(id) && may_run(id_partition(id))) ==> \result.status == STATUS_BAD_STATE;
    ensures ok: vcpu_there{Pre}(id) && !vcpu_taken{Pre}(id) &&
      vcpus[id % VCPUS_MAX].partition == id_partition(id) && may_run(id_partition(id)) ==> \result.status == STATUS_OK;
    ensures claimed: \result.status == STATUS_OK ==> \result.value == id % VCPUS_MAX && vcpus[id % VCPUS_MAX].state == VCPU_RUNNING;
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0 &&
      vcpus[id % VCPUS_MAX].state == \old(vcpus[id % VCPUS_MAX].state);
*/
struct answer vcpu_claim(uint64_t id);
/* RUNNING => READY.  The state of the vCPU is all in the core's memory. */
/*@ requires is_vcpu(slot) && vcpus[slot].state == VCPU_RUNNING;
    assigns vcpus[slot].state;
    ensures keeps: life_inv{Pre} ==> life_inv{Post};
    ensures ready: vcpus[slot].state == VCPU_READY;
*/
void vcpu_release(uint32_t slot);
/* RUNNING => GONE: its partition is being destroyed, and its registers are scrubbed. */
/*@ requires is_vcpu(slot) && vcpus[slot].state == VCPU_RUNNING;
    assigns vcpus[slot].state;
    ensures keeps: life_inv{Pre} ==> life_inv{Post};
    ensures gone: vcpus[slot].state == VCPU_GONE;
*/
void vcpu_retire(uint32_t slot);
/* The CPU that runs vCPU `slot`, or is about to, or did until just now; VCPU_NO_CPU: none does. */
/*@ requires is_vcpu(slot);
    assigns \nothing;
    ensures \result == (vcpus[slot].state == VCPU_RUNNING ? vcpus[slot].last_cpu : VCPU_NO_CPU);
*/
uint32_t vcpu_runs_on(uint32_t slot);
/* Requests `vector` (0 to 255) of vCPU `slot`. */
/*@ requires is_vcpu(slot) && vector <= 255;
    assigns vcpus[slot].requests[vector / 64];
    ensures keeps: life_inv{Pre} ==> life_inv{Post};
*/
void vcpu_request(uint32_t slot, uint32_t vector);
/* Takes word `word` (0 to 3) of the requests. */
/*@ requires is_vcpu(slot) && word <= 3;
    assigns vcpus[slot].requests[word];
    ensures keeps: life_inv{Pre} ==> life_inv{Post};
    ensures taken: \result == \old(vcpus[slot].requests[word]) && vcpus[slot].requests[word] == 0;
*/
uint64_t vcpu_take_requests(uint32_t slot, uint32_t word);

/* The hypercalls (abi/hypercall.h). */

/* value = vCPU id; it is claimed, and the registers and then vcpu_release() are vmx/'s business.  INVALID at RDI: no such
 * partition.  BAD_STATE at RDI: not LIVE.  NO_ROOM at RDI: all its vCPUs are made.  Takes the lock. */
/*@ requires held == 0;
    assigns held, frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures held == 0;
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0;
    ensures claimed: \result.status == STATUS_OK ==> vcpus[\result.value % VCPUS_MAX].state == VCPU_RUNNING &&
      in_set(vcpus[\result.value % VCPUS_MAX].partition);
*/
struct answer vcpu_create(uint64_t partition_id);
/* INVALID at RDI: no such vCPU; at RSI: the vector is not the manager's to request.  If the vCPU runs on another CPU
 * (vcpu_runs_on(), asked after this) it is the caller's business to interrupt it.  Takes no lock. */
/*@ predicate vector_ok(integer n) = VCPU_VECTOR_FIRST <= n <= VCPU_VECTOR_LAST && n != VCPU_VECTOR_REFUSED; */
/*@ assigns vcpus[id % VCPUS_MAX].requests[0 .. 3];
    ensures keeps: life_inv{Pre} ==> life_inv{Post};
    ensures vcpu: !vcpu_there(id) ==> \result == STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    ensures vector: vcpu_there(id) && !vector_ok(vector) ==> \result == STATUS_AT(STATUS_INVALID, OPERAND_RSI);
    ensures ok: vcpu_there(id) && vector_ok(vector) ==> \result == STATUS_OK;
    ensures refused: \result != STATUS_OK ==> \forall integer k; 0 <= k <= 3 ==>
      vcpus[id % VCPUS_MAX].requests[k] == \old(vcpus[id % VCPUS_MAX].requests[k]);
    ensures others: \forall integer k; 0 <= k <= 3 ==> k != vector / 64 ==>
      vcpus[id % VCPUS_MAX].requests[k] == \old(vcpus[id % VCPUS_MAX].requests[k]);
*/
uint64_t vcpu_request_interrupt(uint64_t id, uint64_t vector);

#endif
