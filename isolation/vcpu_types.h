/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_VCPU_TYPES_H
#define ISOLATION_VCPU_TYPES_H

#include <stdint.h>

#include "lib/limits.h"

/*
 * vCPUs, by slot: vmx/ keeps what belongs to a slot in arrays of its own.  The vCPUs of a partition are slots
 * partitions[p].vcpu_first + index, index = APIC id.  A vCPU's id is generation * VCPUS_MAX + slot, and its generation is
 * the id of its partition: as these never come back, it never does.
 *
 * Changed without the lock: `state` by compare-exchange out of READY and by one store out of RUNNING, which is the
 * claimer's alone to make; `requests` by atomic or and exchange; `last_cpu` by the CPU that has claimed the vCPU.
 */
enum vcpu_claim_state {
    VCPU_FREE = 0,
    VCPU_READY = 1,
    VCPU_RUNNING = 2, /* claimed by a CPU: to make it, to run it (that CPU is last_cpu then), or to end it */
    VCPU_GONE = 3, /* its partition is being destroyed, its registers are scrubbed: nobody claims it again */
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
    uint32_t state;    /* enum vcpu_claim_state */
    uint32_t last_cpu; /* VCPU_NO_CPU: none yet, so the next entry must INVVPID and VMPTRLD afresh */
    uint64_t generation;
    uint64_t requests[4]; /* bit n of word m: vector 64 m + n is requested */
};

extern struct vcpu vcpus[VCPUS_MAX];

#endif
