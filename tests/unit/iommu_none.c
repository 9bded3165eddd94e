/* SPDX-License-Identifier: Apache-2.0 */
/* A machine without VT-d units, for tests of what stands above iommu/. */
#include "iommu/iommu_flush.h"

void iommu_flush_partition(uint32_t partition)
{
    (void)partition;
}

void iommu_settle(void)
{
}
