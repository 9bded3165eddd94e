/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_GUEST_ACPI_H
#define MANAGER_GUEST_ACPI_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The ACPI tables of a guest: RSDP, XSDT, FADT, MADT, MCFG, DSDT, for a machine without legacy devices.
 * The RSDP comes first, at GUEST_ACPI.
 * Source: ACPI Specification 6.4, "ACPI Software Programming Model"; PCI Firmware Specification 3.0, "MCFG
 * Table Description".
 */
#define GUEST_ACPI_BYTES 4096u

/* Ports of the guest's sleep and reset registers: FADT, manager/guest_call.c. */
enum guest_acpi_port {
    GUEST_ACPI_SLEEP_CONTROL = 0x600,
    GUEST_ACPI_SLEEP_STATUS = 0x601,
    GUEST_ACPI_RESET = 0x602,
    GUEST_ACPI_WAIT = 0x604, /* a further CPU waits at its mailbox (manager/guest_mailbox.c) */
};
enum {
    GUEST_ACPI_RESET_VALUE = 1,
    GUEST_ACPI_POWER_OFF = 0x34, /* SLP_TYP 5 and SLP_EN */
};

/* Write the tables, GUEST_ACPI_BYTES in all, for 1 to GUEST_ACPI_CPUS_MAX CPUs; `serial`: COM1 is there. */
#define GUEST_ACPI_CPUS_MAX 64u
void guest_acpi_make(uint8_t *to, uint32_t cpus, bool serial);

#endif
