/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_RUN_H
#define PROOFS_TRUSTED_RUN_H

/* For the prover around vmx/run.h: VCPU_RUN claims a vCPU and makes it the current one. */
#include_next "vmx/run.h"

#include "isolation/vcpu.h"
#include "vmx/vcpu_state.h"

/*@ requires held == 0;
    assigns state_here, percpu_here, vcpus[0 .. VCPUS_MAX - 1];
*/
void run_start(void);

#endif
