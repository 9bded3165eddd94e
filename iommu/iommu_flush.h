/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOMMU_FLUSH_H
#define IOMMU_FLUSH_H

#include <stdint.h>

/* No device holds a translation of `partition` that its tables do not hold: the IOTLB of every
 * driven unit forgets its domain, and requests that used what is gone have reached memory.  Returns after every unit
 * has said so; one that does not within a second stops the core.  Devices' own TLBs hold nothing: ATS is never on. */
void iommu_flush_partition(uint32_t partition);

/* Before the ownership lock is released: units that cache what is absent, or buffer writes to tables, see what was mapped. */
void iommu_settle(void);

#endif
