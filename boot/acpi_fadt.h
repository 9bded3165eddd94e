/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_ACPI_FADT_H
#define BOOT_ACPI_FADT_H

#include "boot/acpi_table.h"

/* Read an opened FADT: fills out->power but for has_s5 and the two types.  Gives the DSDT's address, 0 where
 * there is none.  ACPI_OK or ACPI_BAD_LENGTH. */
enum acpi_error acpi_fadt_read(struct bytes fadt, struct acpi_machine *out, uint64_t *dsdt);

#endif
