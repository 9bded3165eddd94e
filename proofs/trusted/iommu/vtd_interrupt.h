/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_VTD_INTERRUPT_H
#define PROOFS_TRUSTED_VTD_INTERRUPT_H

/* For the prover around iommu/vtd_interrupt.h: entries of units. */
#include_next "iommu/vtd_interrupt.h"

/*@ requires index < VTD_INTERRUPTS_MAX && VTD_VECTOR_FIRST <= vector <= VTD_VECTOR_LAST;
    assigns \nothing;
*/
bool vtd_interrupt_set(uint32_t unit, uint32_t index, uint16_t source, uint32_t apic_id, uint32_t vector);
/*@ requires index < VTD_INTERRUPTS_MAX;
    assigns \nothing;
*/
void vtd_interrupt_clear(uint32_t unit, uint32_t index);

#endif
