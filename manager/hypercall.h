/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_HYPERCALL_H
#define MANAGER_HYPERCALL_H

#include <stddef.h>
#include <stdint.h>

#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "abi/status.h"
#include "lib/answer.h"

/* The hypercall `number` with its arguments in RDI, RSI, RDX, R10, R8 (abi/hypercall.h). */
struct answer hypercall(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10, uint64_t r8);

/* What goes into and comes out of HYPERCALL_VCPU_RUN.  manager/hypercall.S knows the offsets. */
struct run {
    uint64_t registers[16]; /* by enum guest_register; in: the reply, out: what was disclosed */
    uint64_t vcpu;          /* in: vCPU id */
    uint64_t slice;         /* in: TSC ticks */
    uint64_t status;        /* out: abi/status.h */
    uint64_t exit;          /* out: RCX, where status is STATUS_OK */
};
_Static_assert(offsetof(struct run, vcpu) == 128, "manager/hypercall.S knows it");
_Static_assert(offsetof(struct run, exit) == 152, "manager/hypercall.S knows it");

/* HYPERCALL_VCPU_RUN. */
void hypercall_vcpu_run(struct run *run);

static inline enum run_exit hypercall_run_exit(const struct run *run)
{
    return (enum run_exit)(run->exit & RUN_EXIT_KIND_MASK);
}

static inline uint64_t hypercall_info(enum info_item item)
{
    return hypercall(HYPERCALL_INFO, item, 0, 0, 0, 0).value;
}

static inline uint64_t hypercall_info_of(enum info_item item, uint64_t index)
{
    return hypercall(HYPERCALL_INFO, item, index, 0, 0, 0).value;
}

static inline struct answer hypercall_partition_create(uint64_t frames, uint64_t vcpus)
{
    return hypercall(HYPERCALL_PARTITION_CREATE, frames, vcpus, 0, 0, 0);
}

static inline uint64_t hypercall_partition_seal(uint64_t partition)
{
    return hypercall(HYPERCALL_PARTITION_SEAL, partition, 0, 0, 0, 0).status;
}

static inline uint64_t hypercall_partition_destroy(uint64_t partition)
{
    return hypercall(HYPERCALL_PARTITION_DESTROY, partition, 0, 0, 0, 0).status;
}

static inline struct answer hypercall_vcpu_create(uint64_t partition, uint64_t rip, uint64_t rsi,
                                                  uint64_t cr3)
{
    return hypercall(HYPERCALL_VCPU_CREATE, partition, rip, rsi, cr3, 0);
}

static inline uint64_t hypercall_vcpu_interrupt(uint64_t vcpu, uint64_t vector)
{
    return hypercall(HYPERCALL_VCPU_INTERRUPT, vcpu, vector, 0, 0, 0).status;
}

static inline uint64_t hypercall_frame_donate(uint64_t partition, uint64_t gfn, uint64_t hfn, uint64_t count,
                                              uint64_t flags)
{
    return hypercall(HYPERCALL_FRAME_DONATE, partition, gfn, hfn, count, flags).status;
}

static inline uint64_t hypercall_frame_reclaim(uint64_t partition)
{
    return hypercall(HYPERCALL_FRAME_RECLAIM, partition, 0, 0, 0, 0).status;
}

static inline uint64_t hypercall_cpu_start(uint64_t cpu, uint64_t entry, uint64_t value)
{
    return hypercall(HYPERCALL_CPU_START, cpu, entry, value, 0, 0).status;
}

static inline void hypercall_power(enum power_action action)
{
    hypercall(HYPERCALL_POWER, action, 0, 0, 0, 0);
}

#endif
