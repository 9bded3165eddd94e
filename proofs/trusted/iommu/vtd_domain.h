/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_VTD_DOMAIN_H
#define PROOFS_TRUSTED_VTD_DOMAIN_H

/* For the prover around iommu/vtd_domain.h. */
#include_next "iommu/vtd_domain.h"

/*@ assigns \nothing; */
bool vtd_domain_any(void);

#endif
