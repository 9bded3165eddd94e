/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_POWER_H
#define PROOFS_TRUSTED_POWER_H

/* For the prover around arch/x86_64/power.h: the machine goes off, or panics. */
#include_next "arch/x86_64/power.h"

/*@ assigns \nothing;
    ensures \false;
*/
_Noreturn void power_off(void);
/*@ assigns \nothing;
    ensures \false;
*/
_Noreturn void power_reset(void);

#endif
