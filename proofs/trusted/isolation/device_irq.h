/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_DEVICE_IRQ_H
#define PROOFS_TRUSTED_DEVICE_IRQ_H

/* For the prover around isolation/device_irq.h: registers of functions and entries of units, and its own list of these. */
#include_next "isolation/device_irq.h"

#include "isolation/invariant.h"

/*@ requires held == 1;
    assigns \nothing;
*/
uint64_t device_irq_map(uint64_t name, uint64_t number, uint64_t vector, uint32_t apic_id);
/*@ requires held == 1;
    assigns \nothing;
*/
uint64_t device_irq_unmap(uint64_t name, uint64_t number);

#endif
