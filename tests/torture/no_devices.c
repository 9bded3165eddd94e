/* SPDX-License-Identifier: Apache-2.0 */
/* A machine without PCI functions, for the host build: isolation/device*.c and iommu/ have tests of their own. */
#include "abi/status.h"
#include "arch/x86_64/pci.h"
#include "isolation/device.h"
#include "isolation/device_config.h"
#include "isolation/device_group.h"
#include "isolation/device_irq.h"
#include "isolation/device_page.h"
#include "isolation/device_poll.h"

#define NONE STATUS_AT(STATUS_INVALID, OPERAND_RDI)

struct pci_machine pci_machine;
struct device_facts device_facts[PCI_FUNCTIONS_MAX];

uint64_t device_assign(uint64_t id, uint64_t name)
{
    (void)id;
    (void)name;
    return NONE;
}

uint64_t device_release(uint64_t name)
{
    (void)name;
    return NONE;
}

void device_release_all(uint32_t partition)
{
    (void)partition;
}

struct answer device_config(uint64_t name, uint64_t offset, uint64_t access, uint64_t value)
{
    (void)name;
    (void)offset;
    (void)access;
    (void)value;
    return answer(NONE, 0);
}

uint64_t device_name(uint32_t index)
{
    return index;
}

uint64_t device_irq_map(uint64_t name, uint64_t number, uint64_t vector, uint32_t apic_id)
{
    (void)name;
    (void)number;
    (void)vector;
    (void)apic_id;
    return NONE;
}

uint64_t device_irq_unmap(uint64_t name, uint64_t number)
{
    (void)name;
    (void)number;
    return NONE;
}

void device_poll(void)
{
}

uint64_t device_page_address(uint64_t name, uint64_t bar)
{
    (void)name;
    (void)bar;
    return 0;
}

uint64_t device_page_count(uint64_t name, uint64_t bar)
{
    (void)name;
    (void)bar;
    return 0;
}
