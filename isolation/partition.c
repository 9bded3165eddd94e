/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/partition.h"

#include "abi/audit.h"
#include "abi/status.h"
#include "ept/ept_flush.h"
#include "ept/table.h"
#include "isolation/audit.h"
#include "isolation/lock.h"
#include "isolation/trusted.h"

struct partition partitions[PARTITIONS_MAX];
gfn_t shared_bit_gfn;

void partition_publish(uint32_t slot, uint32_t state)
{
#ifdef __FRAMAC__
    partitions[slot].state = state;
#else
    __atomic_store_n(&partitions[slot].state, state, __ATOMIC_SEQ_CST);
#endif
}

/* True: it was KILL_NONE. */
/*@ requires in_set(slot);
    assigns partitions[slot].killed;
    ensures first: \result <==> \old(partitions[slot].killed) == KILL_NONE;
    ensures killed: partitions[slot].killed == (\result ? reason : \old(partitions[slot].killed));
*/
static inline bool killed_set(uint32_t slot, uint32_t reason)
{
#ifdef __FRAMAC__
    if (partitions[slot].killed != KILL_NONE) {
        return false;
    }
    partitions[slot].killed = reason;
    return true;
#else
    uint32_t none = KILL_NONE;

    return __atomic_compare_exchange_n(&partitions[slot].killed, &none, reason, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
#endif
}

void partition_reset(uint32_t slot)
{
    partitions[slot].killed = KILL_NONE;
    partitions[slot].frames_left = 0;
    partitions[slot].vcpu_first = 0;
    partitions[slot].vcpu_limit = 0;
    partitions[slot].vcpu_count = 0;
    partitions[slot].cursor = 0;
}

uint32_t partition_find(uint64_t id)
{
    uint32_t slot = (uint32_t)(id % PARTITIONS_MAX);

    if (slot < PARTITION_FIRST_GUEST || partitions[slot].state == PARTITION_FREE ||
        partitions[slot].generation != id / PARTITIONS_MAX) {
        return PARTITION_NONE;
    }
    return slot;
}

uint64_t partition_id(uint32_t slot)
{
    return partitions[slot].generation * PARTITIONS_MAX + slot;
}

void partition_free(uint32_t slot)
{
    partition_reset(slot);
    //@ assert ok: life_ok(slot) && run_ok(slot);
    partitions[slot].generation += 1u;
    partition_publish(slot, PARTITION_FREE);
    //@ assert others: same_parts_but{Pre,Here}(slot);
    //@ assert none: \forall integer s; !in_run(slot, s) && !in_run{Pre}(slot, s);
    //@ assert lives: lives_inv;
    //@ assert runs: runs_inv;
    //@ assert made: made_inv;
    //@ assert vcpus: vcpus_inv;
}

bool partition_runs(uint32_t slot)
{
#ifdef __FRAMAC__
    return partitions[slot].state == PARTITION_SEALED && partitions[slot].killed == KILL_NONE;
#else
    return __atomic_load_n(&partitions[slot].state, __ATOMIC_SEQ_CST) == PARTITION_SEALED &&
           __atomic_load_n(&partitions[slot].killed, __ATOMIC_SEQ_CST) == KILL_NONE;
#endif
}

void partition_kill(uint32_t slot, enum kill_reason reason, uint64_t detail)
{
    if (killed_set(slot, reason)) {
        audit_record(AUDIT_GUEST_KILLED, partition_id(slot), reason, detail);
    }
}

uint32_t partition_killed(uint32_t slot)
{
    return partitions[slot].killed;
}

/*@ requires core_inv;
    assigns partitions[id % PARTITIONS_MAX].state, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: core_inv;
    ensures unknown: !known{Pre}(id) ==> \result == STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    ensures state: known{Pre}(id) && !(\old(partitions[id % PARTITIONS_MAX].state) == PARTITION_LIVE && made{Pre}(id % PARTITIONS_MAX) > 0) ==>
      \result == STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI);
    ensures ok: known{Pre}(id) && \old(partitions[id % PARTITIONS_MAX].state) == PARTITION_LIVE && made{Pre}(id % PARTITIONS_MAX) > 0 ==>
      \result == STATUS_OK;
    ensures sealed: \result == STATUS_OK ==> partitions[id % PARTITIONS_MAX].state == PARTITION_SEALED;
    ensures refused: \result != STATUS_OK ==> partitions[id % PARTITIONS_MAX].state == \old(partitions[id % PARTITIONS_MAX].state);
*/
static uint64_t seal_locked(uint64_t id)
{
    uint32_t slot = partition_find(id);

    /* Is there such a partition, being filled, with something to run? */
    if (slot == PARTITION_NONE) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    }
    if (partitions[slot].state != PARTITION_LIVE || partitions[slot].vcpu_count == 0) {
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI);
    }
    /* All checks passed: nothing below can fail. */
    //@ assert alive: !free(slot) && life_ok(slot) && part_ok(slot);
    partition_publish(slot, PARTITION_SEALED);
    //@ assert same: \forall integer v; in_set(v) ==> (free(v) <==> free{Pre}(v)) && partitions[v].generation == \at(partitions[v].generation,Pre) && run_first(v) == run_first{Pre}(v) && run_size(v) == run_size{Pre}(v) && made(v) == made{Pre}(v) && partitions[v].state <= PARTITION_DESTROYING;
    //@ assert parts: parts_inv;
    //@ assert life: life_inv;
    audit_record(AUDIT_PARTITION_SEALED, id, 0, 0);
    return STATUS_OK;
}

uint64_t partition_seal(uint64_t id)
{
    uint64_t status;

    lock_acquire();
    status = seal_locked(id);
    lock_release();
    return status;
}

/* Throws every CPU out of the partition. */
/*@ requires sys_inv && is_partition(slot) && has_root(2 * slot);
    assigns cpu_stale[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv;
*/
static void throw_out(uint32_t slot)
{
    ept_flush_cpus(slot);
    //@ assert fewer: \forall integer p, v; is_frame(p) ==> in_set(v) ==> stale(v, p) ==> stale{Pre}(v, p);
}

/*@ requires core_inv;
    assigns partitions[id % PARTITIONS_MAX].state, partitions[id % PARTITIONS_MAX].cursor, cpu_stale[0 .. FRAMES_MAX - 1],
            audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: core_inv;
    ensures unknown: !known{Pre}(id) ==> \result == STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    ensures state: known{Pre}(id) && \old(partitions[id % PARTITIONS_MAX].state) == PARTITION_DESTROYING ==>
      \result == STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI);
    ensures ok: known{Pre}(id) && \old(partitions[id % PARTITIONS_MAX].state) != PARTITION_DESTROYING ==> \result == STATUS_OK;
    ensures destroying: \result == STATUS_OK ==> partitions[id % PARTITIONS_MAX].state == PARTITION_DESTROYING &&
      partitions[id % PARTITIONS_MAX].cursor == 0 && !may_run(id % PARTITIONS_MAX);
    ensures refused: \result != STATUS_OK ==> partitions[id % PARTITIONS_MAX] == \old(partitions[id % PARTITIONS_MAX]);
*/
static uint64_t destroy_locked(uint64_t id)
{
    uint32_t slot = partition_find(id);

    /* Is there such a partition, not yet in destruction? */
    if (slot == PARTITION_NONE) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    }
    if (partitions[slot].state == PARTITION_DESTROYING) {
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI);
    }
    /* All checks passed: nothing below can fail. */
    //@ assert alive: !free(slot) && life_ok(slot) && part_ok(slot);
    partitions[slot].cursor = 0;
    partition_publish(slot, PARTITION_DESTROYING);
    //@ assert same: \forall integer v; in_set(v) ==> (free(v) <==> free{Pre}(v)) && partitions[v].generation == \at(partitions[v].generation,Pre) && run_first(v) == run_first{Pre}(v) && run_size(v) == run_size{Pre}(v) && made(v) == made{Pre}(v) && partitions[v].state <= PARTITION_DESTROYING;
    //@ assert parts: parts_inv;
    //@ assert life: life_inv;
    /* After the store: whoever is inside is interrupted, and finds that the partition no longer runs. */
    throw_out(slot);
    //@ assert some: table_slices[slot].used >= 1;
    //@ assert mine: swept(slot, table_slices[slot].first * 512);
    //@ assert swept: swept_inv;
    audit_record(AUDIT_PARTITION_DESTROYED, id, 0, 0);
    return STATUS_OK;
}

uint64_t partition_destroy(uint64_t id)
{
    uint64_t status;

    lock_acquire();
    status = destroy_locked(id);
    lock_release();
    return status;
}
