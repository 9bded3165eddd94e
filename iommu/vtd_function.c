/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/vtd_function.h"

#include "iommu/dmar_scope.h"
#include "iommu/vtd.h"

enum { HEADER_BRIDGE = 1 };

struct vtd_function vtd_functions[PCI_FUNCTIONS_MAX];
static struct dmar_bridge bridges_found[PCI_FUNCTIONS_MAX];

static struct dmar_source source_of(const struct pci_function *function)
{
    return (struct dmar_source){function->segment,
                                (uint16_t)(function->bus * PCI_DEVICES * PCI_FUNCTIONS +
                                           function->device * PCI_FUNCTIONS + function->function)};
}

static struct dmar_bridges find_bridges(void)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < pci_machine.count; i++) {
        const struct pci_function *function = &pci_machine.functions[i];
        if (function->header_type == HEADER_BRIDGE) {
            bridges_found[count++] =
                (struct dmar_bridge){source_of(function), function->secondary_bus, function->subordinate_bus};
        }
    }
    return (struct dmar_bridges){count, bridges_found};
}

uint32_t vtd_function_init(const struct dmar *dmar)
{
    const struct dmar_bridges bridges = find_bridges();
    uint32_t without = 0;

    for (uint32_t i = 0; i < pci_machine.count; i++) {
        const struct dmar_source source = source_of(&pci_machine.functions[i]);
        const uint32_t unit = dmar_unit_of(dmar, bridges, source);
        /* Does the unit hold its interrupts too?  They are writes to memory that anyone could make. */
        const bool held = unit != DMAR_NO_UNIT && vtd_units[unit].driven && vtd_units[unit].interrupts;

        vtd_functions[i].unit = held ? unit : DMAR_NO_UNIT;
        vtd_functions[i].firmwares = dmar_has_rmrr(dmar, bridges, source);
        without += held ? 0 : 1;
    }
    return without;
}
