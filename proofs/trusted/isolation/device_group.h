/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_DEVICE_GROUP_H
#define PROOFS_TRUSTED_DEVICE_GROUP_H

/* For the prover around isolation/device_group.h: names are made of constants of boot. */
#include_next "isolation/device_group.h"

#include "arch/x86_64/pci.h"

/*@ requires 0 <= index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
    ensures \result < 0x100000000;
*/
uint64_t device_name(uint32_t index);

#endif
