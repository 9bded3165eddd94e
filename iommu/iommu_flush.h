/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOMMU_FLUSH_H
#define IOMMU_FLUSH_H

#include <stdint.h>

/* No device holds a translation of `partition` that its VT-d tree does not hold: queued IOTLB
 * invalidation with a wait descriptor.  No VT-d unit is driven yet, bus mastering is off for every
 * function, and no VT-d tree has a mapping: there is nothing to invalidate. */
void iommu_flush_partition(uint32_t partition);

#endif
