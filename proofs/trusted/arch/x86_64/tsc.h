/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_TSC_H
#define PROOFS_TRUSTED_TSC_H

#include <stdint.h>

/* For the prover instead of arch/x86_64/tsc.h: RDTSC is some number (no machine runs for 2^63 ticks), and so is the frequency (in kHz, below 2^40). */

/*@ assigns \nothing;
    ensures \result < 0x8000000000000000;
*/
uint64_t tsc_read(void);
/*@ assigns \nothing;
    ensures \result < 0x10000000000;
*/
uint64_t tsc_khz(void);

#endif
