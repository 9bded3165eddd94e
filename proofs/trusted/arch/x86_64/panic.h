/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_PANIC_H
#define PROOFS_TRUSTED_PANIC_H

/* For the prover around arch/x86_64/panic.h: every CPU stops. */
#include_next "arch/x86_64/panic.h"

/*@ assigns \nothing;
    ensures \false;
*/
_Noreturn void panic(enum panic_reason reason, uint64_t a, uint64_t b);

#endif
