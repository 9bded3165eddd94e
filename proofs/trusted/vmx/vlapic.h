/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_VLAPIC_H
#define PROOFS_TRUSTED_VLAPIC_H

/* For the prover instead of vmx/vlapic.h: the virtual APIC, which is not proved, changes its own state alone. */
#include <stdbool.h>
#include <stdint.h>

#include "isolation/vcpu.h"
#include "vmx/exit.h"
#include "vmx/vcpu_state.h"

/*@ requires apic == &state_here.vlapic;
    assigns state_here.vlapic;
*/
void vlapic_reset(struct vlapic *apic);
/*@ assigns state_here.vlapic, state_here.virtual_apic[0 .. VIRTUAL_APIC_WORDS - 1], vcpus[0 .. VCPUS_MAX - 1]; */
bool vlapic_has_deliverable(void);
/*@ assigns \nothing; */
uint64_t vlapic_next_deadline(void);

#endif
