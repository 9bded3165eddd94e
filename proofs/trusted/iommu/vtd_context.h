/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_VTD_CONTEXT_H
#define PROOFS_TRUSTED_VTD_CONTEXT_H

/* For the prover around iommu/vtd_context.h: entries of units. */
#include_next "iommu/vtd_context.h"

/*@ assigns \nothing; */
bool vtd_context_attach(uint32_t unit, uint16_t source, uint32_t partition);
/*@ assigns \nothing; */
void vtd_context_detach(uint32_t unit, uint16_t source);

#endif
