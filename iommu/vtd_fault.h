/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOMMU_VTD_FAULT_H
#define IOMMU_VTD_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu/vtd.h"

/*
 * What units blocked.  They keep a few records and drop what comes while those are full; the core polls, since it
 * takes no interrupts.
 * Source: Intel VT-d Architecture Specification 4.1, "Fault Recording", "Fault Recording Registers".
 */
struct vtd_fault {
    uint16_t source;  /* who asked: bus * 256 + device * 8 + function */
    uint8_t reason;   /* enum vtd_fault_reason (iommu/vtd_reg.h), or one the core does not know */
    bool read;        /* a read, else a write */
    uint64_t address; /* of DMA: the page it asked for; of an interrupt: its index in bits 63:48 */
};

/* No interrupts for faults: the core polls. */
void vtd_fault_mask_events(const struct vtd_unit *unit);

/* Take the next record off the driven `unit` and count it.  False: there is none.  At most
 * vtd_fault_records() calls in a row are worth it: a device can make faults faster than they are read. */
bool vtd_fault_next(uint32_t unit, struct vtd_fault *fault);
uint32_t vtd_fault_records(const struct vtd_unit *unit);

/* Take and count what all driven units have recorded, as many records of each as it keeps; how many there were. */
uint32_t vtd_fault_poll(void);

/* Forget the records that the firmware left, uncounted. */
void vtd_fault_clear(uint32_t unit);

/* Where the records are, from the capabilities. */
uint64_t vtd_fault_registers(const struct vtd_unit *unit);
uint64_t vtd_fault_registers_bytes(const struct vtd_unit *unit);

#endif
