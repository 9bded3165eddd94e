/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_ACPI_MCFG_H
#define BOOT_ACPI_MCFG_H

#include "boot/acpi_table.h"

/* Read an opened MCFG: where PCI config space is memory-mapped.  Fills out->segments. */
enum acpi_error acpi_mcfg_read(struct bytes mcfg, struct acpi_machine *out);

#endif
