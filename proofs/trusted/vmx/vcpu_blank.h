/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_VCPU_BLANK_H
#define PROOFS_TRUSTED_VCPU_BLANK_H

/* For the prover around vmx/vcpu_blank.h: frames of the core that hold what no proof speaks of; only whoever has claimed the vCPU may. */
#include_next "vmx/vcpu_blank.h"

#include "isolation/vcpu.h"

/*@ requires is_vcpu(slot) && vcpus[slot].state == VCPU_RUNNING;
    assigns \nothing;
*/
void vcpu_blank(uint32_t slot);
/*@ requires is_vcpu(slot) && vcpus[slot].state == VCPU_RUNNING;
    assigns \nothing;
*/
void vcpu_clear(uint32_t slot);

#endif
