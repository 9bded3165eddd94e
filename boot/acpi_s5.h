/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_ACPI_S5_H
#define BOOT_ACPI_S5_H

#include "boot/acpi_table.h"

/*
 * Look for `Name (_S5_, Package () { a, b, ... })` among the bytes of a DSDT or SSDT and take a and b, which
 * are constants of 0 to 7 in every firmware; no AML is run.  True with the two types set, false with *power
 * unchanged.  Where only `a` is there, b is the same.
 */
bool acpi_s5_find(struct bytes table, struct acpi_power *power);

#endif
