/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/vcpu.h"

#include "abi/status.h"
#include "isolation/lock.h"
#include "isolation/partition.h"

struct vcpu vcpus[VCPUS_MAX];

void vcpu_init(void)
{
    for (uint32_t s = 0; s < VCPUS_MAX; s++) {
        vcpus[s].partition = PARTITION_CORE;
        vcpus[s].index = 0;
        vcpus[s].state = VCPU_FREE;
        vcpus[s].last_cpu = VCPU_NO_CPU;
        vcpus[s].generation = 0;
        vcpus[s].requests[0] = 0;
        vcpus[s].requests[1] = 0;
        vcpus[s].requests[2] = 0;
        vcpus[s].requests[3] = 0;
    }
}

/* The end of some partition's run that overlaps first .. first + count - 1; 0: none does. */
static uint32_t run_in_the_way(uint32_t first, uint32_t count)
{
    for (uint32_t v = 0; v < PARTITIONS_MAX; v++) {
        if (partitions[v].vcpu_limit != 0 && partitions[v].vcpu_first < first + count &&
            first < partitions[v].vcpu_first + partitions[v].vcpu_limit) {
            return partitions[v].vcpu_first + partitions[v].vcpu_limit;
        }
    }
    return 0;
}

uint32_t vcpu_find_run(uint64_t count)
{
    uint32_t first = 0;

    if (count == 0 || count > VCPUS_MAX) {
        return VCPU_NONE;
    }
    /* Each step passes one run at least. */
    for (uint32_t tries = 0; tries <= PARTITIONS_MAX; tries++) {
        uint32_t end;

        if (count > VCPUS_MAX - first) {
            return VCPU_NONE;
        }
        end = run_in_the_way(first, (uint32_t)count);
        if (end == 0) {
            return first;
        }
        first = end;
    }
    return VCPU_NONE;
}

static inline void state_publish(uint32_t slot, uint32_t state)
{
#ifdef __FRAMAC__
    vcpus[slot].state = state;
#else
    __atomic_store_n(&vcpus[slot].state, state, __ATOMIC_SEQ_CST);
#endif
}

static inline uint32_t state_of(uint32_t slot)
{
#ifdef __FRAMAC__
    return vcpus[slot].state;
#else
    return __atomic_load_n(&vcpus[slot].state, __ATOMIC_SEQ_CST);
#endif
}

/* READY => RUNNING.  False: it was not READY. */
static inline bool state_claim(uint32_t slot)
{
#ifdef __FRAMAC__
    if (vcpus[slot].state != VCPU_READY) {
        return false;
    }
    vcpus[slot].state = VCPU_RUNNING;
    return true;
#else
    uint32_t ready = VCPU_READY;

    return __atomic_compare_exchange_n(&vcpus[slot].state, &ready, VCPU_RUNNING, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
#endif
}

uint32_t vcpu_make(uint32_t partition)
{
    uint32_t index = partitions[partition].vcpu_count;
    uint32_t slot = partitions[partition].vcpu_first + index;

    vcpus[slot].partition = partition;
    vcpus[slot].index = index;
    vcpus[slot].last_cpu = VCPU_NO_CPU;
    vcpus[slot].requests[0] = 0;
    vcpus[slot].requests[1] = 0;
    vcpus[slot].requests[2] = 0;
    vcpus[slot].requests[3] = 0;
    partitions[partition].vcpu_count = index + 1u;
    state_publish(slot, VCPU_READY);
    return slot;
}

bool vcpu_any_running(uint32_t partition)
{
    uint32_t first = partitions[partition].vcpu_first;

    for (uint32_t k = 0; k < partitions[partition].vcpu_count; k++) {
        if (state_of(first + k) == VCPU_RUNNING) {
            return true;
        }
    }
    return false;
}

void vcpu_free_all(uint32_t partition)
{
    uint32_t first = partitions[partition].vcpu_first;

    for (uint32_t k = 0; k < partitions[partition].vcpu_count; k++) {
        vcpus[first + k].generation += 1u;
        vcpus[first + k].partition = PARTITION_CORE;
        state_publish(first + k, VCPU_FREE);
    }
    partitions[partition].vcpu_first = 0;
    partitions[partition].vcpu_limit = 0;
    partitions[partition].vcpu_count = 0;
}

uint32_t vcpu_find(uint64_t id)
{
    uint32_t slot = (uint32_t)(id % VCPUS_MAX);

    if (state_of(slot) == VCPU_FREE || vcpus[slot].generation != id / VCPUS_MAX ||
        vcpus[slot].partition < PARTITION_FIRST_GUEST) {
        return VCPU_NONE;
    }
    return slot;
}

uint32_t vcpu_of(uint32_t partition, uint32_t index)
{
    if (index >= partitions[partition].vcpu_count) {
        return VCPU_NONE;
    }
    return partitions[partition].vcpu_first + index;
}

struct answer vcpu_claim(uint64_t id)
{
    uint32_t slot = vcpu_find(id);

    /* Is there such a vCPU, and nobody else runs it? */
    if (slot == VCPU_NONE) {
        return answer(STATUS_INVALID, 0);
    }
    if (!state_claim(slot)) {
        return answer(STATUS_BUSY, 0);
    }
    /* Is it, now that it cannot go away, still the same, and may it run? */
    if (vcpus[slot].generation != id / VCPUS_MAX || !partition_runs(vcpus[slot].partition)) {
        vcpu_release(slot);
        return answer(STATUS_BAD_STATE, 0);
    }
    return answer(STATUS_OK, slot);
}

void vcpu_release(uint32_t slot)
{
    state_publish(slot, VCPU_READY);
}

void vcpu_request(uint32_t slot, uint32_t vector)
{
#ifdef __FRAMAC__
    vcpus[slot].requests[vector / 64u] = 1;
#else
    __atomic_fetch_or(&vcpus[slot].requests[vector / 64u], (uint64_t)1 << (vector % 64u), __ATOMIC_SEQ_CST);
#endif
}

uint64_t vcpu_take_requests(uint32_t slot, uint32_t word)
{
#ifdef __FRAMAC__
    uint64_t taken = vcpus[slot].requests[word];

    vcpus[slot].requests[word] = 0;
    return taken;
#else
    return __atomic_exchange_n(&vcpus[slot].requests[word], 0, __ATOMIC_SEQ_CST);
#endif
}

static struct answer create_locked(uint64_t id)
{
    uint32_t partition = partition_find(id);
    uint32_t slot;

    /* Is there such a partition, being filled, with a vCPU left to make? */
    if (partition == PARTITION_NONE) {
        return answer(STATUS_AT(STATUS_INVALID, OPERAND_RDI), 0);
    }
    if (partitions[partition].state != PARTITION_LIVE) {
        return answer(STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI), 0);
    }
    if (partitions[partition].vcpu_count == partitions[partition].vcpu_limit) {
        return answer(STATUS_AT(STATUS_NO_ROOM, OPERAND_RDI), 0);
    }
    /* All checks passed: nothing below can fail. */
    slot = vcpu_make(partition);
    return answer(STATUS_OK, vcpus[slot].generation * VCPUS_MAX + slot);
}

struct answer vcpu_create(uint64_t partition_id)
{
    struct answer a;

    lock_acquire();
    a = create_locked(partition_id);
    lock_release();
    return a;
}

uint64_t vcpu_request_interrupt(uint64_t id, uint64_t vector)
{
    uint32_t slot = vcpu_find(id);

    /* Is there such a vCPU, and is the vector the manager's to request? */
    if (slot == VCPU_NONE) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    }
    if (vector < VCPU_VECTOR_FIRST || vector > VCPU_VECTOR_LAST || vector == VCPU_VECTOR_REFUSED) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RSI);
    }
    /* All checks passed: nothing below can fail. */
    vcpu_request(slot, (uint32_t)vector);
    return STATUS_OK;
}
