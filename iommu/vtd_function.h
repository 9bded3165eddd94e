/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOMMU_VTD_FUNCTION_H
#define IOMMU_VTD_FUNCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/pci.h"
#include "iommu/dmar.h"

/* What VT-d means for each PCI function found at boot. */
struct vtd_function {
    uint32_t
        unit; /* the unit that holds its DMA and its interrupts; DMAR_NO_UNIT: it never masters the bus */
    bool firmwares; /* the firmware uses memory by it (RMRR): it is never a guest's */
};

/* By the index of the function in pci_machine. */
extern struct vtd_function vtd_functions[PCI_FUNCTIONS_MAX];

/* Fill vtd_functions, after vtd_start() with the same `dmar`; how many functions no unit holds. */
uint32_t vtd_function_init(const struct dmar *dmar);

#endif
