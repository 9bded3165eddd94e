/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/device_poll.h"

#include "iommu/vtd_domain.h"
#include "iommu/vtd_fault.h"

void device_poll(void)
{
    struct vtd_fault fault;

    /*@ loop invariant 0 <= unit <= VTD_UNITS_MAX;
        loop invariant inv: device_inv;
        loop assigns unit, fault, devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1],
            device_irqs[0 .. VTD_INTERRUPTS_MAX - 1], ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale,
            audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
        loop variant VTD_UNITS_MAX - unit; */
    for (uint32_t unit = 0; unit < VTD_UNITS_MAX && vtd_domain_any(); unit++) {
        if (!vtd_units[unit].driven) {
            continue;
        }
        /*@ loop invariant 0 <= i <= 256;
            loop invariant inv: device_inv;
            loop assigns i, fault, devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1],
                device_irqs[0 .. VTD_INTERRUPTS_MAX - 1], ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale,
                audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
            loop variant 256 - i; */
        for (uint32_t i = 0; i < vtd_fault_records(&vtd_units[unit]) && vtd_fault_next(unit, &fault); i++) {
            /* Devices of segment group 0 alone have owners. */
            device_fault(fault.source, fault.address, fault.reason);
        }
    }
}
