/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_VTD_FAULT_H
#define PROOFS_TRUSTED_VTD_FAULT_H

/* For the prover around iommu/vtd_fault.h: what units have recorded is anything.  CAP_REG.NFR has 8 bits. */
#include_next "iommu/vtd_fault.h"

/*@ requires unit < VTD_UNITS_MAX && \valid(fault);
    assigns *fault;
*/
bool vtd_fault_next(uint32_t unit, struct vtd_fault *fault);
/*@ assigns \nothing;
    ensures \result <= 256;
*/
uint32_t vtd_fault_records(const struct vtd_unit *unit);

#endif
