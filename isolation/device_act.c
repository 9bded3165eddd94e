/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/device_act.h"

#include "arch/x86_64/pci_function.h"
#include "arch/x86_64/tsc.h"
#include "iommu/vtd_context.h"
#include "iommu/vtd_function.h"
#include "isolation/device_group.h"
#include "isolation/device_irq.h"
#include "isolation/device_page.h"

#define BUS_SOURCES 256u
#define SOURCES     0x10000u
enum { HEADER_BRIDGE = 1 };

/*@ requires index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
*/
static bool is_bridge(uint32_t index)
{
    return pci_machine.functions[index].header_type == HEADER_BRIDGE;
}

/*@ requires index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
    ensures \result <==> group_of(index) == group;
*/
static bool is_of(uint32_t index, uint32_t group)
{
    return device_facts[index].group == group;
}

/* What it signs its requests with; of segment group 0. */
/*@ requires index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
*/
static uint16_t source_of(uint32_t index)
{
    return (uint16_t)(device_name(index) % SOURCES);
}

/* What a conventional bridge signs requests from below with, beside its own id. */
/*@ requires bridge < PCI_FUNCTIONS_MAX;
    assigns \nothing;
*/
static uint16_t source_below(uint32_t bridge)
{
    return (uint16_t)(pci_machine.functions[bridge].secondary_bus * BUS_SOURCES);
}

/*@ requires machine_ok && index < PCI_FUNCTIONS_MAX && is_partition(partition);
    assigns sees[index];
    ensures sees: \result ==> sees[index] == partition;
*/
static bool attach_one(uint32_t index, uint32_t partition)
{
    const uint32_t unit = vtd_functions[index].unit;

    if (!vtd_context_attach(unit, source_of(index), partition)) {
        return false;
    }
    //@ ghost sees[index] = partition;
    /* A function that is there is attached by itself. */
    if (!is_bridge(index) || device_find(source_below(index)) != DEVICE_NONE) {
        return true;
    }
    return vtd_context_attach(unit, source_below(index), partition);
}

/*@ requires machine_ok;
    assigns sees[0 .. PCI_FUNCTIONS_MAX - 1];
    ensures none: \forall integer i; is_function(i) ==> group_of(i) == group ==> sees[i] == 0;
    ensures others: \forall integer i; is_function(i) ==> group_of(i) != group ==> sees[i] == \old(sees[i]);
*/
static void detach_all(uint32_t group)
{
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop invariant none: \forall integer j; 0 <= j < i ==> group_of(j) == group ==> sees[j] == 0;
        loop invariant others: \forall integer j; is_function(j) ==> group_of(j) != group ==> sees[j] == \at(sees[j],Pre);
        loop assigns i, sees[0 .. PCI_FUNCTIONS_MAX - 1];
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        if (is_of(i, group)) {
            vtd_context_detach(vtd_functions[i].unit, source_of(i));
            if (is_bridge(i)) {
                vtd_context_detach(vtd_functions[i].unit, source_below(i));
            }
            //@ ghost sees[i] = 0;
        }
    }
}

/*@ requires machine_ok;
    assigns \nothing;
*/
static void master_all(uint32_t group, bool on)
{
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop assigns i;
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        if (is_of(i, group)) {
            /* A bridge passes on what it passed on before: its registers and windows are not touched. */
            const uint32_t bits = is_bridge(i)
                                      ? PCI_COMMAND_MASTER
                                      : PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_OFF;
            pci_function_command(i, bits, on ? bits : PCI_COMMAND_INTX_OFF);
        }
    }
}

bool device_act_attach(uint32_t group, uint32_t partition)
{
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop invariant all: \forall integer j; 0 <= j < i ==> group_of(j) == group ==> sees[j] == partition;
        loop invariant others: \forall integer j; is_function(j) ==> group_of(j) != group ==> sees[j] == \at(sees[j],Pre);
        loop assigns i, sees[0 .. PCI_FUNCTIONS_MAX - 1];
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        if (is_of(i, group) && !attach_one(i, partition)) {
            detach_all(group);
            return false;
        }
    }
    //@ ghost dma_of[group] = partition;
    //@ assert sees: sees_inv;
    master_all(group, true);
    device_page_map(group);
    return true;
}

void device_act_detach(uint32_t group)
{
    device_page_unmap(group);
    master_all(group, false);
    detach_all(group);
    device_irq_drop(group);
    //@ ghost dma_of[group] = 0;
    //@ assert irqs: irqs_inv;
    //@ assert sees: sees_inv;
}

void device_act_reset(uint32_t group)
{
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop assigns i;
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        if (is_of(i, group) && !is_bridge(i) && !device_facts[group].by_bus) {
            pci_function_reset(i);
        }
    }
    if (device_facts[group].by_bus) {
        pci_function_reset_below(group, true);
    }
    //@ ghost traces[group] = 0;
}

void device_act_reset_end(uint32_t group)
{
    pci_function_reset_below(group, false);
}

bool device_act_restore(uint32_t group)
{
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop assigns i;
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        if (is_of(i, group) && !pci_function_answers(i)) {
            return false;
        }
    }
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop assigns i;
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        if (is_of(i, group) && !is_bridge(i)) {
            pci_function_restore(i);
        }
    }
    return true;
}

uint64_t device_act_time(uint32_t milliseconds)
{
    return tsc_read() + tsc_khz() * milliseconds;
}
