/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_VMCS_H
#define PROOFS_TRUSTED_VMCS_H

#include <stdint.h>

#include "vmx/vmcs_field.h"

/* For the prover instead of vmx/vmcs.h: VMREAD and VMWRITE of the current VMCS touch nothing in memory; what is read is some number. */

/*@ assigns \nothing; */
uint64_t vmcs_read(enum vmcs_field field);
/*@ assigns \nothing; */
void vmcs_write(enum vmcs_field field, uint64_t value);

#endif
