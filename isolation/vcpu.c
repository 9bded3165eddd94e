/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/vcpu.h"

#include "abi/status.h"
#include "isolation/lock.h"
#include "isolation/partition.h"
#include "isolation/trusted.h"

struct vcpu vcpus[VCPUS_MAX];

void vcpu_init(void)
{
    /*@ loop invariant 0 <= s <= VCPUS_MAX;
        loop invariant \forall integer k; 0 <= k < s ==> vcpus[k].state == VCPU_FREE && vcpus[k].partition == PARTITION_CORE;
        loop assigns s, vcpus[0 .. VCPUS_MAX - 1];
        loop variant VCPUS_MAX - s; */
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

/* Where first .. first + count - 1 comes to when it moves behind every run that it meets, partition by partition; `first`: it
 * meets none. */
/*@ requires life_inv && 1 <= count && first + count <= VCPUS_MAX;
    assigns \nothing;
    ensures clear: \result == first ==> \forall integer v; in_set(v) ==> run_clear(v, first, count);
    ensures end: first <= \result <= VCPUS_MAX;
    ensures met: \forall integer p; first <= p < \result ==> meets_run(p, count);
*/
static uint32_t behind_runs(uint32_t first, uint32_t count)
{
    uint32_t at = first;

    /*@ loop invariant 0 <= v <= PARTITIONS_MAX;
        loop invariant first <= at <= VCPUS_MAX;
        loop invariant met: \forall integer p; first <= p < at ==> meets_run(p, count);
        loop invariant at == first ==> \forall integer w; 0 <= w < v ==> run_clear(w, first, count);
        loop assigns v, at;
        loop variant PARTITIONS_MAX - v; */
    for (uint32_t v = 0; v < PARTITIONS_MAX; v++) {
        //@ assert ok: run_ok(v);
        if (partitions[v].vcpu_limit != 0 && partitions[v].vcpu_first < at + count &&
            at < partitions[v].vcpu_first + partitions[v].vcpu_limit) {
            //@ assert here: \forall integer p; at <= p < run_first(v) + run_size(v) ==> !run_clear(v, p, count) && in_set(v);
            //@ assert meets: \forall integer p; at <= p < run_first(v) + run_size(v) ==> meets_run(p, count);
            at = partitions[v].vcpu_first + partitions[v].vcpu_limit;
        }
    }
    return at;
}

uint32_t vcpu_find_run(uint64_t count)
{
    uint32_t first = 0;

    if (count == 0 || count > VCPUS_MAX) {
        return VCPU_NONE;
    }
    /* Each step passes one run at least, for good; where runs lie in the order of partitions, the first passes all. */
    /*@ loop invariant first <= VCPUS_MAX;
        loop invariant met: runs_end(first, count);
        loop assigns first;
        loop variant VCPUS_MAX - first; */
    while (count <= VCPUS_MAX - first) {
        uint32_t behind = behind_runs(first, (uint32_t)count);

        if (behind == first) {
            return first;
        }
        first = behind;
    }
    return VCPU_NONE;
}

/*@ requires is_vcpu(slot);
    assigns vcpus[slot].state;
    ensures vcpus[slot].state == state;
*/
static inline void state_publish(uint32_t slot, uint32_t state)
{
#ifdef __FRAMAC__
    vcpus[slot].state = state;
#else
    __atomic_store_n(&vcpus[slot].state, state, __ATOMIC_SEQ_CST);
#endif
}

/*@ requires is_vcpu(slot);
    assigns \nothing;
    ensures \result == vcpus[slot].state;
*/
static inline uint32_t state_of(uint32_t slot)
{
#ifdef __FRAMAC__
    return vcpus[slot].state;
#else
    return __atomic_load_n(&vcpus[slot].state, __ATOMIC_SEQ_CST);
#endif
}

/* READY => RUNNING.  False: it was not READY. */
/*@ requires is_vcpu(slot);
    assigns vcpus[slot].state;
    ensures claimed: \result <==> \old(vcpus[slot].state) == VCPU_READY;
    ensures state: vcpus[slot].state == (\result ? VCPU_RUNNING : \old(vcpus[slot].state));
*/
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

/* What a slot is before its vCPU has run. */
/*@ requires is_vcpu(slot) && in_set(partition) && partitions[partition].generation <= GENERATION_MAX;
    assigns vcpus[slot];
    ensures same: vcpus[slot].state == \old(vcpus[slot].state);
    ensures blank: vcpus[slot].partition == partition && vcpus[slot].index == index &&
      vcpus[slot].last_cpu == VCPU_NO_CPU && vcpus[slot].generation == id_of(partition) && vcpus[slot].requests[0] == 0 &&
      vcpus[slot].requests[1] == 0 && vcpus[slot].requests[2] == 0 && vcpus[slot].requests[3] == 0;
*/
static void vcpu_blank_slot(uint32_t slot, uint32_t partition, uint32_t index)
{
    vcpus[slot].partition = partition;
    vcpus[slot].index = index;
    vcpus[slot].last_cpu = VCPU_NO_CPU;
    vcpus[slot].generation = partition_id(partition);
    vcpus[slot].requests[0] = 0;
    vcpus[slot].requests[1] = 0;
    vcpus[slot].requests[2] = 0;
    vcpus[slot].requests[3] = 0;
}

uint32_t vcpu_make(uint32_t partition)
{
    uint32_t index = partitions[partition].vcpu_count;
    uint32_t slot = partitions[partition].vcpu_first + index;

    //@ assert ok: run_ok(partition) && life_ok(partition) && is_vcpu(slot);
    //@ assert room: \forall integer v; in_set(v) ==> v != partition ==> run_clear(v, run_first(partition), run_size(partition));
    //@ assert unused: vcpus[slot].state == VCPU_FREE;
    //@ assert apart: \forall integer v; in_set(v) ==> !in_run(v, slot);
    vcpu_blank_slot(slot, partition, index);
    partitions[partition].vcpu_count = index + 1u;
    state_publish(slot, VCPU_RUNNING);
    //@ assert firsts: \forall integer v; in_set(v) ==> run_first(v) == run_first{Pre}(v) && run_size(v) == run_size{Pre}(v) && id_of(v) == id_of{Pre}(v);
    //@ assert lives: lives_inv;
    //@ assert runs: runs_inv;
    //@ assert runs_of: \forall integer v, s; in_set(v) ==> (in_run(v, s) <==> in_run{Pre}(v, s) || (v == partition && s == slot));
    //@ assert made_others: \forall integer v, s; in_set(v) ==> in_run(v, s) ==> s != slot ==> vcpu_is(v, s);
    //@ assert made_it: vcpu_is(partition, slot);
    //@ assert made: made_inv;
    //@ assert vcpus: vcpus_inv;
    return slot;
}

bool vcpu_any_left(uint32_t partition)
{
    uint32_t first = partitions[partition].vcpu_first;

    //@ assert ok: run_ok(partition);
    /*@ loop invariant 0 <= k <= made(partition);
        loop invariant \forall integer s; first <= s < first + k ==> vcpus[s].state == VCPU_GONE;
        loop assigns k;
        loop variant made(partition) - k; */
    for (uint32_t k = 0; k < partitions[partition].vcpu_count; k++) {
        if (state_of(first + k) != VCPU_GONE) {
            //@ assert is: in_run(partition, first + k);
            return true;
        }
    }
    return false;
}

/*@ requires first + count <= VCPUS_MAX;
    assigns vcpus[0 .. VCPUS_MAX - 1];
    ensures freed: \forall integer s; first <= s < first + count ==> vcpus[s].state == VCPU_FREE;
    ensures others: same_vcpus_out{Pre,Post}(first, count);
*/
static void slots_free(uint32_t first, uint32_t count)
{
    /*@ loop invariant 0 <= k <= count;
        loop invariant \forall integer s; first <= s < first + k ==> vcpus[s].state == VCPU_FREE;
        loop invariant same_vcpus_out{Pre,Here}(first, k);
        loop assigns k, vcpus[0 .. VCPUS_MAX - 1];
        loop variant count - k; */
    for (uint32_t k = 0; k < count; k++) {
        vcpus[first + k].partition = PARTITION_CORE;
        state_publish(first + k, VCPU_FREE);
    }
}

void vcpu_free_all(uint32_t partition)
{
    //@ assert ok: run_ok(partition);
    slots_free(partitions[partition].vcpu_first, partitions[partition].vcpu_count);
    partitions[partition].vcpu_first = 0;
    partitions[partition].vcpu_limit = 0;
    partitions[partition].vcpu_count = 0;
    //@ assert others: \forall integer v; in_set(v) ==> v != partition ==> partitions[v] == \at(partitions[v],Pre);
    //@ assert ids: \forall integer v; in_set(v) ==> id_of(v) == id_of{Pre}(v);
    //@ assert lives: lives_inv;
    //@ assert runs: runs_inv;
    //@ assert apart: \forall integer v, s; in_set(v) ==> v != partition ==> in_run{Pre}(v, s) ==> !in_run{Pre}(partition, s) && is_vcpu(s);
    //@ assert made: made_inv;
    //@ assert vcpus: vcpus_inv;
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

struct answer vcpu_seize(uint64_t id)
{
    uint32_t slot = vcpu_find(id);

    /* Is there such a vCPU, and nobody else has it? */
    if (slot == VCPU_NONE) {
        return answer(STATUS_INVALID, 0);
    }
    if (state_of(slot) == VCPU_GONE) {
        return answer(STATUS_BAD_STATE, 0);
    }
    if (!state_claim(slot)) {
        return answer(STATUS_BUSY, 0);
    }
    /* Is it, now that it cannot go away, still the same? */
    if (vcpus[slot].generation != id / VCPUS_MAX) {
        vcpu_release(slot);
        return answer(STATUS_BAD_STATE, 0);
    }
    return answer(STATUS_OK, slot);
}

struct answer vcpu_claim(uint64_t id)
{
    struct answer seized = vcpu_seize(id);
    uint32_t slot = (uint32_t)(id % VCPUS_MAX);
    uint32_t partition = (uint32_t)(id / VCPUS_MAX % PARTITIONS_MAX);

    /* May it run? */
    if (seized.status == STATUS_OK && (vcpus[slot].partition != partition || !partition_runs(partition))) {
        vcpu_release(slot);
        return answer(STATUS_BAD_STATE, 0);
    }
    return seized;
}

void vcpu_release(uint32_t slot)
{
    state_publish(slot, VCPU_READY);
}

void vcpu_retire(uint32_t slot)
{
    state_publish(slot, VCPU_GONE);
}

uint32_t vcpu_runs_on(uint32_t slot)
{
    return state_of(slot) == VCPU_RUNNING ? vcpus[slot].last_cpu : VCPU_NO_CPU;
}

#ifdef __FRAMAC__
/* The prover knows little of bits: some other word. */
/*@ assigns \nothing; */
uint64_t with_bit(uint64_t word, uint32_t bit);
#endif

void vcpu_request(uint32_t slot, uint32_t vector)
{
#ifdef __FRAMAC__
    vcpus[slot].requests[vector / 64u] = with_bit(vcpus[slot].requests[vector / 64u], vector % 64u);
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

/*@ requires core_inv;
    assigns vcpus[0 .. VCPUS_MAX - 1], partitions[0 .. PARTITIONS_MAX - 1];
    ensures inv: core_inv;
    ensures ok: \result.status == STATUS_OK ==> is_guest(id % PARTITIONS_MAX) && id == \old(id_of(id % PARTITIONS_MAX)) &&
      \old(partitions[id % PARTITIONS_MAX].state) == PARTITION_LIVE && made(id % PARTITIONS_MAX) == \old(made(id % PARTITIONS_MAX)) + 1 &&
      \result.value == id * VCPUS_MAX + \old(run_first(id % PARTITIONS_MAX) + made(id % PARTITIONS_MAX)) && vcpu_there(\result.value);
    ensures claimed: \result.status == STATUS_OK ==> vcpus[\result.value % VCPUS_MAX].state == VCPU_RUNNING &&
      in_set(vcpus[\result.value % VCPUS_MAX].partition);
    ensures others: \result.status == STATUS_OK ==> same_vcpus_but{Pre,Post}(\result.value % VCPUS_MAX);
    ensures unknown: !known{Pre}(id) ==> \result.status == STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    ensures state: known{Pre}(id) && \old(partitions[id % PARTITIONS_MAX].state) != PARTITION_LIVE ==>
      \result.status == STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI);
    ensures room: known{Pre}(id) && \old(partitions[id % PARTITIONS_MAX].state) == PARTITION_LIVE &&
      made{Pre}(id % PARTITIONS_MAX) == run_size{Pre}(id % PARTITIONS_MAX) ==> \result.status == STATUS_AT(STATUS_NO_ROOM, OPERAND_RDI);
    ensures made: known{Pre}(id) && \old(partitions[id % PARTITIONS_MAX].state) == PARTITION_LIVE &&
      made{Pre}(id % PARTITIONS_MAX) != run_size{Pre}(id % PARTITIONS_MAX) ==> \result.status == STATUS_OK;
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0 && same_vcpus_but{Pre,Post}(VCPU_NONE);
    ensures parts: same_parts_but{Pre,Post}(\result.status == STATUS_OK ? id % PARTITIONS_MAX : PARTITION_NONE);
*/
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
    //@ assert ok: life_ok(partition) && run_ok(partition);
    slot = vcpu_make(partition);
    //@ assert same: same_parts_but{Pre,Here}(partition);
    //@ assert all: \forall integer v; in_set(v) ==> partitions[v].state == \at(partitions[v].state,Pre) && partitions[v].cursor == \at(partitions[v].cursor,Pre) && partitions[v].generation == \at(partitions[v].generation,Pre);
    //@ assert parts: parts_inv;
    //@ assert idle: idle_inv;
    //@ assert swept: swept_inv;
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
