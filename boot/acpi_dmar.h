/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_ACPI_DMAR_H
#define BOOT_ACPI_DMAR_H

#include "boot/acpi_table.h"

/* Read an opened DMAR (iommu/dmar.h).  Fills out->dmar, and out->reserved with the RMRRs, never RAM to us. */
enum acpi_error acpi_dmar_read(struct bytes dmar, struct acpi_machine *out);

#endif
