/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_ACPI_MADT_H
#define BOOT_ACPI_MADT_H

#include "boot/acpi_table.h"

/* Read an opened MADT: CPUs that are enabled or can be brought online (each APIC id once), IOAPICs, the
 * LAPIC's address, whether there is an 8259.  Fills those fields of *out. */
enum acpi_error acpi_madt_read(struct bytes madt, struct acpi_machine *out);

#endif
