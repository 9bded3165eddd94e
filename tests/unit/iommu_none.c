/* SPDX-License-Identifier: Apache-2.0 */
/* A machine without VT-d units, for tests of what stands above iommu/. */
#include "iommu/vtd.h"
#include "iommu/vtd_invalidate.h"

struct vtd_unit vtd_units[VTD_UNITS_MAX];

void vtd_invalidate_domain(uint32_t unit, uint32_t domain)
{
    (void)unit;
    (void)domain;
}
