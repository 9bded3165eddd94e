/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/status.h"
#include "isolation/partition.h"
#include "vmx/hypercall.h"
#include "vmx/vcpu_blank.h"

uint64_t hypercall_partition_destroy(uint64_t id)
{
    const uint32_t slot = partition_find(id);
    const uint64_t status = partition_destroy(id);

    if (status != STATUS_OK) {
        return status;
    }
    /* One CPU runs partitions and it is here: no vCPU is on any, and none is entered again. */
    for (uint32_t n = 0; n < partitions[slot].vcpu_count; n++) {
        vcpu_blank(partitions[slot].vcpu_first + n);
    }
    return status;
}
