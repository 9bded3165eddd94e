/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/device_irq.h"

#include <stddef.h>

#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/pci_function.h"
#include "iommu/vtd_function.h"
#include "iommu/vtd_interrupt.h"
#include "isolation/device_group.h"

enum msi {
    MSI_CONTROL = 2,
    MSI_ADDRESS = 4,
    MSI_DATA_32 = 8,
    MSI_DATA_64 = 12,
    MSI_MASK_AFTER_DATA = 4,
    MSI_ENABLE = 1 << 0,
    MSI_HAS_64 = 1 << 7,
    MSI_HAS_MASK = 1 << 8,
};
enum msix {
    MSIX_CONTROL = 2,
    MSIX_ENTRY_BYTES = 16,
    MSIX_ENTRY_DATA = 8,
    MSIX_ENTRY_CONTROL = 12,
    MSIX_MASKED = 1,
    MSIX_ENABLE = 1 << 15,
};
/* A message in remappable format: the handle in bits 19:5 (bit 15 of it in bit 2), no subhandle. */
#define MESSAGE_ADDRESS 0xfee00010u
#define MESSAGE_HANDLE  32u
#define HALF_BITS       16u
#define SOURCES         0x10000u
#define NOT_FOUND       VTD_INTERRUPTS_MAX

struct device_irq device_irqs[VTD_INTERRUPTS_MAX];
void *device_msix_tables[PCI_FUNCTIONS_MAX];

void device_irq_init(void)
{
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop assigns i, device_msix_tables[0 .. PCI_FUNCTIONS_MAX - 1];
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        const struct pci_bar table = pci_function_msix(i);

        if (table.bytes != 0 && device_facts[device_facts[i].group].grantable) {
            device_msix_tables[i] = paging_map_device(table.address, table.bytes);
        }
    }
}

/*@ assigns \nothing;
    ensures found: \result != NOT_FOUND ==> is_irq(\result) && irq(\result) && device_irqs[\result].index == index && device_irqs[\result].number == number;
    ensures none: \result == NOT_FOUND ==> \forall integer h; is_irq(h) ==> irq(h) ==> !(device_irqs[h].index == index && device_irqs[h].number == number);
*/
static uint32_t find(uint32_t index, uint64_t number)
{
    /*@ loop invariant 0 <= i <= VTD_INTERRUPTS_MAX;
        loop invariant none: \forall integer h; 0 <= h < i ==> irq(h) ==> !(device_irqs[h].index == index && device_irqs[h].number == number);
        loop assigns i;
        loop variant VTD_INTERRUPTS_MAX - i; */
    for (uint32_t i = 0; i < VTD_INTERRUPTS_MAX; i++) {
        if (device_irqs[i].used && device_irqs[i].index == index && device_irqs[i].number == number) {
            return i;
        }
    }
    return NOT_FOUND;
}

/*@ assigns \nothing;
    ensures free: \result == NOT_FOUND || (is_irq(\result) && !irq(\result));
*/
static uint32_t find_free(void)
{
    uint32_t i = 0;

    /*@ loop invariant 0 <= i <= VTD_INTERRUPTS_MAX;
        loop assigns i;
        loop variant VTD_INTERRUPTS_MAX - i; */
    while (i < VTD_INTERRUPTS_MAX && device_irqs[i].used) {
        i++;
    }
    return i;
}

/*@ requires index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
    ensures small: \result ==> number <= 0xffffffff;
    ensures table: \result ==> device_msix_tables[index] != \null || pci_facts[index].msi != 0;
*/
static bool has_number(uint32_t index, uint64_t number)
{
    return device_msix_tables[index] != NULL ? number < pci_facts[index].msix_entries
                                             : pci_facts[index].msi != 0 && number == 0;
}

/*@ requires index < PCI_FUNCTIONS_MAX && handle < VTD_INTERRUPTS_MAX;
    assigns \nothing;
*/
static void write_msi(uint32_t index, uint32_t handle)
{
    const uint32_t at = pci_facts[index].msi;
    const uint32_t control = pci_function_read(index, at) >> HALF_BITS;
    const uint32_t data = at + ((control & MSI_HAS_64) != 0 ? MSI_DATA_64 : MSI_DATA_32);

    pci_function_write(index, at + MSI_ADDRESS, 4, MESSAGE_ADDRESS + handle * MESSAGE_HANDLE);
    if ((control & MSI_HAS_64) != 0) {
        pci_function_write(index, at + MSI_ADDRESS + 4, 4, 0);
    }
    pci_function_write(index, data, 2, 0);
    if ((control & MSI_HAS_MASK) != 0) {
        pci_function_write(index, data + MSI_MASK_AFTER_DATA, 4, 0);
    }
    pci_function_write(index, at + MSI_CONTROL, 2, MSI_ENABLE);
}

/*@ requires index < PCI_FUNCTIONS_MAX && handle < VTD_INTERRUPTS_MAX && device_msix_tables[index] != \null;
    assigns \nothing;
*/
static void write_msix(uint32_t index, uint32_t number, uint32_t handle)
{
    const uint64_t entry = (uint64_t)number * MSIX_ENTRY_BYTES;

    mmio_write32(device_msix_tables[index], entry + MSIX_ENTRY_CONTROL, MSIX_MASKED);
    mmio_write32(device_msix_tables[index], entry, MESSAGE_ADDRESS + handle * MESSAGE_HANDLE);
    mmio_write32(device_msix_tables[index], entry + 4, 0);
    mmio_write32(device_msix_tables[index], entry + MSIX_ENTRY_DATA, 0);
    mmio_write32(device_msix_tables[index], entry + MSIX_ENTRY_CONTROL, 0);
    pci_function_write(index, pci_facts[index].msix + MSIX_CONTROL, 2, MSIX_ENABLE);
}

uint64_t device_irq_map(uint64_t name, uint64_t number, uint64_t vector, uint32_t apic_id)
{
    const uint32_t index = device_find(name);
    const uint32_t handle = find_free();

    /* Is it a function that somebody has? */
    if (index == DEVICE_NONE) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    }
    if (devices[device_facts[index].group].state != DEVICE_OWNED) {
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI);
    }
    /* Has it such an interrupt, not yet mapped? */
    if (!has_number(index, number)) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RSI);
    }
    if (find(index, number) != NOT_FOUND) {
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RSI);
    }
    /* Is the vector one of devices', and the CPU one that can be named? */
    if (vector < VTD_VECTOR_FIRST || vector > VTD_VECTOR_LAST) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDX);
    }
    if (handle == NOT_FOUND) {
        return STATUS_NO_ROOM;
    }
    if (!vtd_interrupt_set(vtd_functions[index].unit, handle, (uint16_t)(device_name(index) % SOURCES),
                           apic_id, (uint32_t)vector)) {
        return STATUS_AT(STATUS_INVALID, OPERAND_R10);
    }
    /* All checks passed: nothing below can fail. */
    device_irqs[handle].used = true;
    device_irqs[handle].index = index;
    device_irqs[handle].number = (uint32_t)number;
    //@ assert owned: irqs_owned;
    if (device_msix_tables[index] != NULL) {
        write_msix(index, (uint32_t)number, handle);
    } else {
        write_msi(index, handle);
    }
    return STATUS_OK;
}

/* The function sends no more of it, and what it sends regardless is blocked. */
/*@ requires is_irq(handle) && device_irqs[handle].index < PCI_FUNCTIONS_MAX;
    assigns device_irqs[handle].used;
    ensures gone: !irq(handle);
*/
static void drop(uint32_t handle)
{
    const struct device_irq irq = device_irqs[handle];

    if (device_msix_tables[irq.index] != NULL) {
        mmio_write32(device_msix_tables[irq.index],
                     (uint64_t)irq.number * MSIX_ENTRY_BYTES + MSIX_ENTRY_CONTROL, MSIX_MASKED);
    } else {
        pci_function_write(irq.index, pci_facts[irq.index].msi + MSI_CONTROL, 2, 0);
    }
    vtd_interrupt_clear(vtd_functions[irq.index].unit, handle);
    device_irqs[handle].used = false;
}

uint64_t device_irq_unmap(uint64_t name, uint64_t number)
{
    const uint32_t index = device_find(name);
    uint32_t handle;

    if (index == DEVICE_NONE) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    }
    handle = find(index, number);
    if (handle == NOT_FOUND) {
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RSI);
    }
    drop(handle);
    return STATUS_OK;
}

void device_irq_drop(uint32_t group)
{
    /*@ loop invariant 0 <= i <= VTD_INTERRUPTS_MAX;
        loop invariant wf: irqs_wf;
        loop invariant fewer: \forall integer h; is_irq(h) ==> device_irqs[h] == \at(device_irqs[h],Pre) || !irq(h);
        loop invariant quiet: \forall integer h; 0 <= h < i ==> irq(h) ==> group_of(device_irqs[h].index) != group;
        loop assigns i, device_irqs[0 .. VTD_INTERRUPTS_MAX - 1];
        loop variant VTD_INTERRUPTS_MAX - i; */
    for (uint32_t i = 0; i < VTD_INTERRUPTS_MAX; i++) {
        if (device_irqs[i].used && device_facts[device_irqs[i].index].group == group) {
            drop(i);
        }
    }
}
