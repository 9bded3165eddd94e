/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOMMU_VTD_H
#define IOMMU_VTD_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu/dmar.h"

/*
 * The DMA remapping units: the core alone drives them.  A driven unit translates from vtd_start() on and is never
 * switched off again; what nobody has attached is blocked, DMA and interrupts alike.
 * Source: Intel VT-d Architecture Specification 4.1, "DMA Remapping", "Hardware Caching", "Software Usage Model".
 */
#define VTD_UNITS_MAX DMAR_UNITS_MAX

struct vtd_unit {
    void *registers;
    bool driven;     /* false: nothing else here means anything */
    bool coherent;   /* it reads its tables through the caches */
    bool queued;     /* invalidation by queue, else by registers */
    bool interrupts; /* it remaps interrupts: without it a device that may write can forge them */
    bool extended;   /* destinations are x2APIC ids */
    bool settles;    /* it caches absent entries, or its writes to tables have to be flushed out */
    bool large;      /* it knows leaves of 2 MiB */
    uint32_t levels; /* of its second-level tables: 3 or 4 */
    uint32_t faults; /* requests blocked and recorded so far */
    uint64_t capability;
    uint64_t extended_capability;
};

/* By the index of the unit in struct dmar. */
extern struct vtd_unit vtd_units[VTD_UNITS_MAX];

/* What was found at vtd_start(). */
struct vtd_found {
    uint32_t driven;
    uint32_t not_driven;         /* units that lack something the core needs */
    uint32_t without_interrupts; /* of those driven */
    uint32_t taken_over;         /* of those driven: the firmware had translation on */
    uint32_t without_large;      /* of those driven: leaves of 2 MiB mean nothing to it */
};

/*
 * Drive every unit of `dmar`: at the end of it each blocks every device, without a moment between in
 * which one that the firmware had on was off.  At boot, once, on the core's own page tables, after tsc_measure().  A
 * unit that does not answer stops the core (PANIC_VTD).
 */
struct vtd_found vtd_start(const struct dmar *dmar);

/* For iommu/: */

/* The unit's tables have changed in memory at `at`: whatever it reads from now on is what was written. */
void vtd_written(const struct vtd_unit *unit, const void *at, uint64_t bytes);

/* The same for every driven unit: a table that more than one may read. */
void vtd_written_to_all(const void *at, uint64_t bytes);

/* Wait until the bits `mask` of the 32-bit register at `offset` are `value`, a second at most, or panic. */
void vtd_wait(const struct vtd_unit *unit, uint32_t offset, uint32_t mask, uint32_t value);

/* One global command: sets or clears `bit` (enum vtd_global), everything else that is on stays, and waits for it. */
void vtd_command_set(const struct vtd_unit *unit, uint32_t bit);
void vtd_command_clear(const struct vtd_unit *unit, uint32_t bit);

#endif
