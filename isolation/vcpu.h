/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_VCPU_H
#define ISOLATION_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/answer.h"
#include "lib/limits.h"

/*
 * vCPUs, by slot: vmx/ keeps what belongs to a slot in arrays of its own.  The vCPUs of a partition are slots
 * partitions[p].vcpu_first + index, index = APIC id.  A vCPU's id is generation * VCPUS_MAX + slot, with the
 * generation of its slot.
 *
 * Changed without the lock: `state` by compare-exchange (vcpu_claim, vcpu_release), `requests` by atomic or and
 * exchange, `last_cpu` by the CPU that has claimed the vCPU.
 */
enum vcpu_claim_state {
    VCPU_FREE = 0,
    VCPU_READY = 1,
    VCPU_RUNNING = 2, /* claimed by a CPU, which is last_cpu once it has entered */
};

#define VCPU_NONE   VCPUS_MAX
#define VCPU_NO_CPU CPUS_MAX
/* Interrupts the manager may request: DESIGN.md section 2. */
#define VCPU_VECTOR_FIRST   32u
#define VCPU_VECTOR_LAST    255u
#define VCPU_VECTOR_REFUSED 0x80u /* Linux' system call */

struct vcpu {
    uint32_t partition;
    uint32_t index;    /* in its partition */
    uint32_t state;    /* enum vcpu_state */
    uint32_t last_cpu; /* VCPU_NO_CPU: none yet, so the next entry must INVVPID and VMPTRLD afresh */
    uint64_t generation;
    uint64_t requests[4]; /* bit n of word m: vector 64 m + n is requested */
};

extern struct vcpu vcpus[VCPUS_MAX];

/* All slots FREE. */
void vcpu_init(void);

/* Under the lock: */

/* A run of `count` slots that no partition has: its first, or VCPU_NONE. */
uint32_t vcpu_find_run(uint64_t count);
/* Makes the next vCPU of partition `partition`, which has room for it; its slot. */
uint32_t vcpu_make(uint32_t partition);
/* Is a vCPU of the partition claimed? */
bool vcpu_any_running(uint32_t partition);
/* Frees the vCPUs of the partition, none of which is claimed. */
void vcpu_free_all(uint32_t partition);

/* Without the lock: */

/* The slot of a guest vCPU's id, or VCPU_NONE. */
uint32_t vcpu_find(uint64_t id);
/* The slot of vCPU `index` of a partition, or VCPU_NONE. */
uint32_t vcpu_of(uint32_t partition, uint32_t index);
/* READY => RUNNING, for guest vCPU `id`, if its partition runs: value = slot.  INVALID at RDI: no such vCPU.
 * BUSY at RDI: claimed by another CPU.  BAD_STATE at RDI: its partition is not SEALED, or was killed
 * (partition_killed() says so).  The operand is RCX in VCPU_RUN, which has no number: operand is NONE. */
struct answer vcpu_claim(uint64_t id);
/* RUNNING => READY.  The state of the vCPU is all in the core's memory. */
void vcpu_release(uint32_t slot);
/* Requests `vector` (0 to 255) of vCPU `slot`. */
void vcpu_request(uint32_t slot, uint32_t vector);
/* Takes word `word` (0 to 3) of the requests. */
uint64_t vcpu_take_requests(uint32_t slot, uint32_t word);

/* The hypercalls (abi/hypercall.h). */

/* value = vCPU id; the registers are vmx/'s business, by its slot vcpu_find(value).  INVALID at RDI: no such
 * partition.  BAD_STATE at RDI: not LIVE.  NO_ROOM at RDI: all its vCPUs are made.  Takes the lock. */
struct answer vcpu_create(uint64_t partition_id);
/* INVALID at RDI: no such vCPU; at RSI: the vector is not the manager's to request.  If the vCPU runs on another CPU it
 * is the caller's business to interrupt it.  Takes no lock. */
uint64_t vcpu_request_interrupt(uint64_t id, uint64_t vector);

#endif
