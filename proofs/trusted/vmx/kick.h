/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_KICK_H
#define PROOFS_TRUSTED_KICK_H

/* For the prover around vmx/kick.h: NMIs, and VMCLEAR on another CPU, change no memory that the proofs speak of. */
#include_next "vmx/kick.h"

#include "isolation/vcpu.h"

/*@ requires is_vcpu(slot);
    assigns \nothing;
*/
bool kick_vcpu(uint32_t slot);
/*@ requires is_vcpu(slot) && vcpus[slot].state == VCPU_RUNNING;
    assigns \nothing;
*/
void kick_clear_vmcs(uint32_t slot);
/*@ requires held == 0;
    assigns \nothing;
*/
void kick_stop_others(void);
/*@ assigns \nothing; */
bool kick_is_stopping(void);

#endif
