/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_ACPI_DMAR_H
#define BOOT_ACPI_DMAR_H

#include "boot/acpi_table.h"

/* Read an opened DMAR, as far as memory is concerned: RMRRs (never RAM to us) and the register sets of the
 * remapping units (never anyone's).  Fills out->reserved and out->drhds.  The units themselves are iommu/'s. */
enum acpi_error acpi_dmar_read(struct bytes dmar, struct acpi_machine *out);

#endif
