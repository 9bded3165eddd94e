/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/iommu_flush.h"

#include "ept/table.h"
#include "iommu/vtd.h"
#include "iommu/vtd_invalidate.h"

void iommu_flush_partition(uint32_t partition)
{
    /* Has it a tree at all?  If not, no context entry has ever named one. */
    if (table_roots[2u * partition + 1u] == TABLE_NONE) {
        return;
    }
    for (uint32_t i = 0; i < VTD_UNITS_MAX; i++) {
        if (vtd_units[i].driven) {
            vtd_invalidate_domain(i, partition);
        }
    }
}
