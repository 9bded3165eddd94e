/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOMMU_DMAR_SCOPE_H
#define IOMMU_DMAR_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu/dmar.h"

/*
 * Which unit has a function.  Default to none: a function that no unit has, that two have, or whose unit is
 * disputed stays without bus mastering.
 * Source: Intel VT-d Architecture Specification 4.1, "Device Scope Structure", "DMA Remapping Hardware Unit
 * Definition Structure".
 */

/* A function, as it signs its requests. */
struct dmar_source {
    uint16_t segment;
    uint16_t id; /* bus * 256 + device * 8 + function */
};

/* A PCI-to-PCI bridge as the core found it at boot. */
struct dmar_bridge {
    struct dmar_source source;
    uint8_t secondary;   /* bus below it */
    uint8_t subordinate; /* last bus below it; below `secondary`: nothing is below */
};

struct dmar_bridges {
    uint32_t count;
    const struct dmar_bridge *bridges;
};

/* The index in dmar->units of the unit that has `source`, or DMAR_NO_UNIT. */
uint32_t dmar_unit_of(const struct dmar *dmar, struct dmar_bridges bridges, struct dmar_source source);

/* Does the firmware use memory by this function (an RMRR)?  Such a function is never a guest's. */
bool dmar_has_rmrr(const struct dmar *dmar, struct dmar_bridges bridges, struct dmar_source source);

/* The source of the interrupts of the IOAPIC with this APIC id: true where exactly one unit, not disputed, has it. */
bool dmar_ioapic(const struct dmar *dmar, struct dmar_bridges bridges, uint8_t apic_id, uint32_t *unit,
                 struct dmar_source *source);

#endif
