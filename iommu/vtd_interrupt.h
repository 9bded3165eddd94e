/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOMMU_VTD_INTERRUPT_H
#define IOMMU_VTD_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Interrupt remapping: a device's interrupt is delivered where an entry says so that names the device, and not
 * otherwise.  Interrupts of the old format are blocked.  Under the ownership lock, or at boot.
 * Source: Intel VT-d Architecture Specification 4.1, "Interrupt Remapping".
 */
#define VTD_INTERRUPTS_MAX 256u /* entries of each unit */
#define VTD_VECTOR_FIRST   32u
#define VTD_VECTOR_LAST    255u

/* Every interrupt blocked, on a unit that remaps interrupts. */
void vtd_interrupt_start(uint32_t unit);

/*
 * Entry `index` of `unit` delivers `vector` (32 to 255), fixed, edge-triggered, to the CPU `apic_id`, for
 * requests signed `source` alone.  False, and nothing has changed: no such unit, entry or vector, the entry is in use,
 * or the unit has no way to name that CPU.
 */
bool vtd_interrupt_set(uint32_t unit, uint32_t index, uint16_t source, uint32_t apic_id, uint32_t vector);

/* Entry `index` of the driven `unit` blocks; an interrupt on its way has arrived. */
void vtd_interrupt_clear(uint32_t unit, uint32_t index);

#endif
