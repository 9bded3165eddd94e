/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_WORLD_H
#define PROOFS_TRUSTED_WORLD_H

/* For the prover around vmx/world.h: another vCPU is current, and its state in the window. */
#include_next "vmx/world.h"

#include "isolation/vcpu.h"
#include "vmx/vcpu_state.h"

/*@ requires is_vcpu(slot) && in_set(partition);
    assigns state_here, percpu_here.vcpu, percpu_here.partition;
    ensures percpu_here.vcpu == slot && percpu_here.partition == partition;
*/
void world_select(uint32_t slot, uint32_t partition);
/*@ assigns state_here; */
void world_reset(void);

#endif
