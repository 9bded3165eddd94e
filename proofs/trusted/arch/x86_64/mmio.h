/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_MMIO_H
#define PROOFS_TRUSTED_MMIO_H

#include <stdint.h>

/* For the prover instead of arch/x86_64/mmio.h: registers of devices are no memory of the core. */

/*@ requires block != \null;
    assigns \nothing;
*/
void mmio_write32(void *block, uint64_t offset, uint32_t value);

#endif
