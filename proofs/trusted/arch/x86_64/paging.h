/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_PAGING_H
#define PROOFS_TRUSTED_PAGING_H

/* For the prover around arch/x86_64/paging.h: the core's own page tables are no state that the proofs know. */
#include_next "arch/x86_64/paging.h"

/*@ assigns \result \from \nothing; */
void *paging_map_device(uint64_t address, uint64_t bytes);

#endif
