/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_DEVICE_PAGE_H
#define PROOFS_TRUSTED_DEVICE_PAGE_H

/* For the prover around isolation/device_page.h: constants of boot. */
#include_next "isolation/device_page.h"

/*@ assigns \nothing; */
uint64_t device_page_address(uint64_t name, uint64_t bar);
/*@ assigns \nothing; */
uint64_t device_page_count(uint64_t name, uint64_t bar);

#endif
