/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/partition.h"

#include "abi/audit.h"
#include "abi/status.h"
#include "ept/ept_flush.h"
#include "ept/table.h"
#include "isolation/audit.h"
#include "isolation/frame.h"
#include "isolation/lock.h"
#include "isolation/vcpu.h"

struct partition partitions[PARTITIONS_MAX];
gfn_t shared_bit_gfn;

/* Tables beyond the leaves and the level above that a guest's slice has: root, upper levels, holes. */
#define GUEST_TABLES_SPARE   16u
#define MANAGER_TABLES_SPARE 4u

uint64_t partition_manager_tables(uint64_t limit)
{
    return limit / 512u + limit / 262144u + limit / 134217728u + MANAGER_TABLES_SPARE;
}

uint64_t partition_guest_tables(uint64_t frame_count)
{
    return 2u * (frame_count / 512u + frame_count / 262144u) + GUEST_TABLES_SPARE;
}

/* What other CPUs read without the lock, by one store, after all else is in place. */
static inline void state_publish(uint32_t slot, uint32_t state)
{
#ifdef __FRAMAC__
    partitions[slot].state = state;
#else
    __atomic_store_n(&partitions[slot].state, state, __ATOMIC_SEQ_CST);
#endif
}

/* True: it was KILL_NONE. */
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

static void partition_reset(uint32_t slot)
{
    partitions[slot].killed = KILL_NONE;
    partitions[slot].frames_left = 0;
    partitions[slot].vcpu_first = 0;
    partitions[slot].vcpu_limit = 0;
    partitions[slot].vcpu_count = 0;
    partitions[slot].cursor = 0;
}

bool partition_init(uint64_t limit, gfn_t shared_bit, uint32_t cpus)
{
    uint64_t count = partition_manager_tables(limit);
    uint32_t first = table_slice_find(count);

    shared_bit_gfn = shared_bit;
    for (uint32_t v = 0; v < PARTITIONS_MAX; v++) {
        partition_reset(v);
        partitions[v].state = PARTITION_FREE;
        partitions[v].generation = 0;
    }
    /* Is there room for the manager's tables, and for a vCPU of it on each CPU? */
    if (first == TABLE_NONE || cpus == 0 || cpus > VCPUS_MAX) {
        return false;
    }
    table_slice_open(PARTITION_MANAGER, first, (uint32_t)count);
    partitions[PARTITION_MANAGER].vcpu_limit = cpus;
    for (uint32_t c = 0; c < cpus; c++) {
        vcpu_make(PARTITION_MANAGER);
    }
    partitions[PARTITION_CORE].state = PARTITION_SEALED;
    partitions[PARTITION_MANAGER].state = PARTITION_SEALED;
    return true;
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
    partitions[slot].generation += 1u;
    state_publish(slot, PARTITION_FREE);
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

/* A slot that is FREE and has lives left, or PARTITION_NONE. */
static uint32_t slot_find(void)
{
    for (uint32_t v = PARTITION_FIRST_GUEST; v < PARTITIONS_MAX; v++) {
        if (partitions[v].state == PARTITION_FREE && partitions[v].generation < GENERATION_MAX) {
            return v;
        }
    }
    return PARTITION_NONE;
}

static void partition_open(uint32_t slot, uint64_t frame_count, uint32_t vcpu_first, uint32_t vcpu_limit)
{
    partitions[slot].killed = KILL_NONE;
    partitions[slot].frames_left = frame_count;
    partitions[slot].vcpu_first = vcpu_first;
    partitions[slot].vcpu_limit = vcpu_limit;
    partitions[slot].vcpu_count = 0;
    partitions[slot].cursor = 0;
    state_publish(slot, PARTITION_LIVE);
}

static struct answer create_locked(uint64_t frame_count, uint32_t vcpu_count)
{
    uint32_t slot = slot_find();
    uint32_t table = table_slice_find(partition_guest_tables(frame_count));
    uint32_t vcpu = vcpu_find_run(vcpu_count);

    /* Is there a slot, and room for its tables and its vCPUs? */
    if (slot == PARTITION_NONE) {
        return answer(STATUS_NO_ROOM, 0);
    }
    if (table == TABLE_NONE) {
        return answer(STATUS_AT(STATUS_NO_ROOM, OPERAND_RDI), 0);
    }
    if (vcpu == VCPU_NONE) {
        return answer(STATUS_AT(STATUS_NO_ROOM, OPERAND_RSI), 0);
    }
    /* All checks passed: nothing below can fail. */
    table_slice_open(slot, table, (uint32_t)partition_guest_tables(frame_count));
    ept_flush_renew(slot);
    partition_open(slot, frame_count, vcpu, vcpu_count);
    audit_record(AUDIT_PARTITION_CREATED, partition_id(slot), frame_count, 0);
    return answer(STATUS_OK, partition_id(slot));
}

struct answer partition_create(uint64_t frame_count, uint64_t vcpu_count)
{
    struct answer a;

    /* Could there be so much? */
    if (frame_count == 0 || frame_count > frame_limit) {
        return answer(STATUS_AT(STATUS_INVALID, OPERAND_RDI), 0);
    }
    if (vcpu_count == 0 || vcpu_count > VCPUS_MAX) {
        return answer(STATUS_AT(STATUS_INVALID, OPERAND_RSI), 0);
    }
    lock_acquire();
    a = create_locked(frame_count, (uint32_t)vcpu_count);
    lock_release();
    return a;
}

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
    state_publish(slot, PARTITION_SEALED);
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
    partitions[slot].cursor = 0;
    state_publish(slot, PARTITION_DESTROYING);
    /* After the store: whoever is inside is interrupted, and finds that the partition no longer runs. */
    ept_flush_cpus(slot);
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
