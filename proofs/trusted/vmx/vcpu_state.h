/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_VCPU_STATE_H
#define PROOFS_TRUSTED_VCPU_STATE_H

/* For the prover around vmx/vcpu_state.h: the state window of this CPU holds the current vCPU's state, which nobody else changes. */
#define vcpu_state(nothing) vcpu_state_by_window(nothing)
struct vcpu_state;
/*@ assigns \result \from \nothing; */
static inline struct vcpu_state *vcpu_state_by_window(void);
#include_next "vmx/vcpu_state.h"
#undef vcpu_state

extern struct vcpu_state state_here;
/*@ assigns \result \from \nothing;
    ensures \result == &state_here;
*/
struct vcpu_state *vcpu_state(void);

#endif
