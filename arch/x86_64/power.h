/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_POWER_H
#define ARCH_X86_64_POWER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Off and reset: only what the core found in the firmware's tables at boot is ever written.  SMI_CMD is not.
 * Source: ACPI Specification 6.5, "Fixed Hardware Registers", "Hardware-Reduced ACPI", "Reset Register",
 * "Firmware ACPI Control Structure (FACS)".
 */
enum power_space { POWER_SPACE_MEMORY = 0, POWER_SPACE_IO = 1, POWER_SPACE_PCI_CONFIG = 2 };

/* A register of the platform: PM1 control has 16 bits, all others 8. */
struct power_register {
    uint64_t
        address; /* 0: there is none; in PCI config space device in 47:32, function in 31:16, offset in 15:0 */
    uint8_t space; /* enum power_space, as the FADT gives it */
};

struct power_facts {
    struct power_register pm1a_control;
    struct power_register pm1b_control;
    struct power_register sleep_control; /* in place of PM1 where `reduced` */
    struct power_register reset;
    uint8_t reset_value;
    bool has_off;       /* the sleep types below are known */
    bool reduced;       /* hardware-reduced ACPI */
    uint8_t off_type_a; /* SLP_TYPa and SLP_TYPb of _S5, 0 to 7 */
    uint8_t off_type_b;
    uint64_t facs[2]; /* physical addresses; 0: none */
};

/* Remember the facts, map the registers among them that are in memory, and clear the waking vectors: no
 * way leads from sleep to code that is not the core's. */
void power_init(const struct power_facts *facts);

/* Every partition's memory has been scrubbed by the caller.  Where the machine does not go off: panic. */
_Noreturn void power_off(void);
/* By the reset register, else port 0xCF9, else the keyboard controller, else a triple fault. */
_Noreturn void power_reset(void);

#endif
