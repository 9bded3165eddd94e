/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOMMU_VTD_CONTEXT_H
#define IOMMU_VTD_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/limits.h"

/*
 * Root and context tables: to which partition's domain (iommu/vtd_domain.h) a requester's DMA goes.  An entry that is
 * absent blocks it.  The domain of a partition is its slot.  Under the ownership lock, or at boot.
 * Source: Intel VT-d Architecture Specification 4.1, "Mapping Devices to Domains".
 */

/* Context tables of all units and buses together. */
#define VTD_CONTEXTS_MAX 64u

/* Give the unit its root table, all absent.  The caller invalidates after. */
void vtd_context_start(uint32_t unit);

/*
 * From now on requests signed `source` (bus * 256 + device * 8 + function) at `unit` see the domain of
 * `partition`.  False, and nothing has changed: the unit is not driven, the source is attached already, the partition
 * has no tables, or there is no room for another bus or domain.
 */
bool vtd_context_attach(uint32_t unit, uint16_t source, uint32_t partition);

/* From now on requests signed `source` at the driven `unit` are blocked; those on their way have arrived. */
void vtd_context_detach(uint32_t unit, uint16_t source);

#endif
