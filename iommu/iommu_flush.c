/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/iommu_flush.h"

void iommu_flush_partition(uint32_t partition)
{
    (void)partition;
}
