/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/status.h"
#include "arch/x86_64/smp.h"
#include "isolation/lock.h"
#include "isolation/partition.h"
#include "vmx/hypercall.h"
#include "vmx/kick.h"

uint64_t hypercall_cpu_start(uint64_t cpu, uint64_t entry, uint64_t value)
{
    bool is_free;

    /* Is it a CPU that runs partitions, and do the others fit into 32-bit registers? */
    if (cpu >= partitions[PARTITION_MANAGER].vcpu_count) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    }
    if (entry > UINT32_MAX) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RSI);
    }
    if (value > UINT32_MAX) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDX);
    }
    lock_acquire();
    is_free = !kick_is_stopping() && smp_give((uint32_t)cpu, entry, value);
    lock_release();
    /* Does the manager have it already, or is the machine going off? */
    if (!is_free) {
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI);
    }
    smp_wake((uint32_t)cpu);
    return STATUS_OK;
}
