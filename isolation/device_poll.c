/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/device_poll.h"

#include "iommu/vtd_domain.h"
#include "iommu/vtd_fault.h"
#include "isolation/device.h"

void device_poll(void)
{
    struct vtd_fault fault;

    for (uint32_t unit = 0; unit < VTD_UNITS_MAX && vtd_domain_any(); unit++) {
        if (!vtd_units[unit].driven) {
            continue;
        }
        for (uint32_t i = 0; i < vtd_fault_records(&vtd_units[unit]) && vtd_fault_next(unit, &fault); i++) {
            /* Devices of segment group 0 alone have owners. */
            device_fault(fault.source, fault.address, fault.reason);
        }
    }
}
