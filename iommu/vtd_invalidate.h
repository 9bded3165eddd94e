/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOMMU_VTD_INVALIDATE_H
#define IOMMU_VTD_INVALIDATE_H

#include <stdint.h>

#include "iommu/vtd.h"

/*
 * A unit forgets what it has cached.  Each call returns when the unit says that it is done and that the requests
 * that used what is gone have reached memory; a unit that takes longer than a second stops the core.
 * `unit` is the index of a driven unit.  Under the ownership lock, or at boot.
 * Source: Intel VT-d Architecture Specification 4.1, "Invalidation of Translation Caches", "Queued Invalidation Interface".
 */

/* Take the queue from the firmware, or do without where there is none. */
void vtd_invalidate_start(uint32_t unit);

/* All contexts, all translations, all interrupt entries. */
void vtd_invalidate_all(uint32_t unit);

/* The translations of one domain. */
void vtd_invalidate_domain(uint32_t unit, uint32_t domain);

/* Where the registers for it are, from the capabilities. */
uint64_t vtd_invalidate_registers(const struct vtd_unit *unit);

#endif
