/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/iommu_flush.h"

#include <stddef.h>

#include "iommu/vtd.h"
#include "iommu/vtd_domain.h"
#include "iommu/vtd_invalidate.h"

void iommu_flush_partition(uint32_t partition)
{
    /* Has it devices?  If not, no unit has used its tables since the last that it had was taken. */
    if (!vtd_domain_exists(partition)) {
        return;
    }
    vtd_domain_follow(partition);
    for (uint32_t i = 0; i < VTD_UNITS_MAX; i++) {
        if (vtd_units[i].driven) {
            vtd_written(&vtd_units[i], NULL, 0);
            vtd_invalidate_domain(i, partition);
        }
    }
}

void iommu_settle(void)
{
    if (!vtd_domain_any()) {
        return;
    }
    for (uint32_t i = 0; i < VTD_UNITS_MAX; i++) {
        if (vtd_units[i].driven && vtd_units[i].settles) {
            vtd_written(&vtd_units[i], NULL, 0);
            vtd_invalidate_all(i);
        }
    }
}
