/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/status.h"
#include "arch/x86_64/pci.h"
#include "arch/x86_64/percpu.h"
#include "isolation/device.h"
#include "isolation/device_config.h"
#include "isolation/device_group.h"
#include "isolation/device_irq.h"
#include "isolation/device_poll.h"
#include "isolation/frame_reclaim.h"
#include "isolation/lock.h"
#include "isolation/partition.h"
#include "vmx/hypercall.h"

#define GROUP_UNIT 0x100000000u /* names are below it */
#define POLL_CALLS 256u         /* hypercalls from one look at the units to the next */

uint64_t hypercall_device_assign(uint64_t id, uint64_t function)
{
    uint64_t status;

    lock_acquire();
    device_poll();
    status = device_assign(id, function);
    lock_release();
    return status;
}

uint64_t hypercall_device_release(uint64_t function)
{
    uint64_t status;

    lock_acquire();
    device_poll();
    status = device_release(function);
    lock_release();
    return status;
}

struct answer hypercall_pci_config(const struct gpr_file *in)
{
    struct answer answer;

    lock_acquire();
    answer = device_config(in->rdi, in->rsi, in->rdx, in->r10);
    lock_release();
    return answer;
}

uint64_t hypercall_irq_map(const struct gpr_file *in)
{
    uint64_t status;

    /* Is it a CPU that the manager runs on? */
    if (in->r10 >= partitions[PARTITION_MANAGER].vcpu_count) {
        return STATUS_AT(STATUS_INVALID, OPERAND_R10);
    }
    lock_acquire();
    status = device_irq_map(in->rdi, in->rsi, in->rdx, percpus[in->r10].apic_id);
    lock_release();
    return status;
}

uint64_t hypercall_irq_unmap(uint64_t function, uint64_t number)
{
    uint64_t status;

    lock_acquire();
    status = device_irq_unmap(function, number);
    lock_release();
    return status;
}

struct answer hypercall_info_function(uint64_t index)
{
    if (index >= pci_machine.count) {
        return (struct answer){STATUS_AT(STATUS_INVALID, OPERAND_RSI), 0};
    }
    return (struct answer){STATUS_OK, device_name((uint32_t)index) +
                                          GROUP_UNIT * device_name(device_facts[index].group)};
}

/* No device is given to a partition in DESTROYING, so before the sweep takes its tables, it has none.  All under one lock: another
 * CPU may ask for the partition's end at any moment. */
uint64_t hypercall_frame_reclaim(uint64_t id)
{
    uint64_t status;
    uint32_t slot;

    lock_acquire();
    slot = partition_find(id);
    if (slot != PARTITION_NONE && partitions[slot].state == PARTITION_DESTROYING) {
        device_release_all(slot);
    }
    //@ assert none: slot == PARTITION_NONE ==> !known(id);
    //@ assert domain: devices_gone(id);
    status = frame_reclaim(id);
    lock_release();
    return status;
}

void hypercall_poll(void)
{
    struct percpu *this = percpu_this();

    this->polls = (uint8_t)((this->polls + POLL_CALLS - 1u) % POLL_CALLS);
    if (this->polls == 0) {
        lock_acquire();
        device_poll();
        lock_release();
    }
}
