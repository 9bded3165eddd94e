/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/device_group.h"

#include "arch/x86_64/pci_function.h"
#include "iommu/vtd_function.h"

enum class_code {
    CLASS_STORAGE = 0x01,
    CLASS_NETWORK = 0x02,
    CLASS_DISPLAY = 0x03,
    CLASS_BRIDGE_PCI = 0x0604,
    CLASS_USB = 0x0c03,
    CLASS_NONE = 0x00ff, /* of no class: QEMU's edu */
};
enum { HEADER_ENDPOINT = 0, HEADER_BRIDGE = 1, CLASS_SHIFT = 24, SUBCLASS_SHIFT = 16 };
#define SEGMENT_SOURCES 65536u
#define BUS_SOURCES     256u

struct device_facts device_facts[PCI_FUNCTIONS_MAX];

uint64_t device_name(uint32_t index)
{
    const struct pci_function *function = &pci_machine.functions[index];

    return function->segment * (uint64_t)SEGMENT_SOURCES + function->bus * BUS_SOURCES +
           function->device * PCI_FUNCTIONS + function->function;
}

uint32_t device_find(uint64_t name)
{
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        if (device_name(i) == name) {
            return i;
        }
    }
    return DEVICE_NONE;
}

static bool is_bridge(uint32_t index)
{
    return pci_machine.functions[index].header_type == HEADER_BRIDGE;
}

static bool is_below(uint32_t bridge, uint32_t index)
{
    const struct pci_function *top = &pci_machine.functions[bridge];
    const struct pci_function *function = &pci_machine.functions[index];

    return is_bridge(bridge) && top->segment == function->segment && top->secondary_bus != 0 &&
           function->bus >= top->secondary_bus && function->bus <= top->subordinate_bus;
}

static bool of_one_device(uint32_t one, uint32_t other)
{
    return device_name(one) / PCI_FUNCTIONS == device_name(other) / PCI_FUNCTIONS;
}

static void join(uint32_t one, uint32_t other)
{
    const uint32_t a = device_facts[one].group;
    const uint32_t b = device_facts[other].group;
    const uint32_t first = a < b ? a : b;

    for (uint32_t i = 0; i < pci_machine.count && a != b; i++) {
        if (device_facts[i].group == a || device_facts[i].group == b) {
            device_facts[i].group = first;
        }
    }
}

static bool is_allowed(uint32_t index)
{
    const uint32_t class = pci_machine.functions[index].class_revision;
    const uint32_t both = class >> SUBCLASS_SHIFT;

    if (is_bridge(index)) {
        return both == CLASS_BRIDGE_PCI;
    }
    switch (class >> CLASS_SHIFT) {
    case CLASS_STORAGE:
    case CLASS_NETWORK:
    case CLASS_DISPLAY:
        return pci_machine.functions[index].header_type == HEADER_ENDPOINT;
    default:
        return (both == CLASS_USB || both == CLASS_NONE) &&
               pci_machine.functions[index].header_type == HEADER_ENDPOINT;
    }
}

/* Adds what function `index` means for its group. */
static void add_to_group(uint32_t index)
{
    struct device_facts *group = &device_facts[device_facts[index].group];

    /* Is it within reach, held by a unit, and of a class that may be given? */
    if (pci_machine.functions[index].segment != 0 || vtd_functions[index].unit == DMAR_NO_UNIT ||
        !is_allowed(index)) {
        group->grantable = false;
    }
    group->managers |=
        vtd_functions[index].firmwares || (pci_facts[index].port && !pci_facts[index].validates);
    if (is_bridge(index)) {
        /* The reset of a bus leaves the bridge above as it is, and forgets what bridges below were told. */
        group->by_bus = group->by_bus && device_facts[index].group == index;
    } else {
        group->resettable = group->resettable && pci_facts[index].reset != PCI_RESET_NONE;
    }
}

void device_group_init(void)
{
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        device_facts[i] = (struct device_facts){
            .group = i, .grantable = true, .managers = false, .resettable = true, .by_bus = is_bridge(i)};
    }
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (of_one_device(i, j) || is_below(i, j) || is_below(j, i)) {
                join(i, j);
            }
        }
    }
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        add_to_group(i);
    }
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        /* Function by function is gentler than the whole bus. */
        device_facts[i].by_bus = device_facts[i].by_bus && !device_facts[i].resettable;
        device_facts[i].resettable = device_facts[i].resettable || device_facts[i].by_bus;
    }
}
