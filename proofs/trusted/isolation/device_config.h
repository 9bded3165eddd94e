/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_DEVICE_CONFIG_H
#define PROOFS_TRUSTED_DEVICE_CONFIG_H

/* For the prover around isolation/device_config.h: registers of functions, not memory of the core. */
#include_next "isolation/device_config.h"

#include "isolation/invariant.h"

/*@ requires held == 1;
    assigns \nothing;
*/
struct answer device_config(uint64_t name, uint64_t offset, uint64_t access, uint64_t value);

#endif
