/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/acpi_fadt.h"

/* ACPI Specification 6.5, "Fixed ACPI Description Table (FADT)". */
enum fadt {
    FADT_FACS = 36,
    FADT_DSDT = 40,
    FADT_SMI_COMMAND = 48,
    FADT_ACPI_ENABLE = 52,
    FADT_PM1A_CONTROL = 64,
    FADT_PM1B_CONTROL = 68,
    FADT_PM1_CONTROL_LENGTH = 89,
    FADT_FLAGS = 112,
    FADT_BYTES_MIN = 116, /* ACPI 1.0 */
    FADT_RESET = 116,
    FADT_RESET_VALUE = 128,
    FADT_X_FACS = 132,
    FADT_X_DSDT = 140,
    FADT_X_PM1A_CONTROL = 172,
    FADT_X_PM1B_CONTROL = 184,
    FADT_SLEEP_CONTROL = 244,
    FADT_SLEEP_STATUS = 256,
};

enum { FADT_FLAG_RESET = 1 << 10, FADT_FLAG_HARDWARE_REDUCED = 1 << 20 };
enum { BITS_PER_BYTE = 8 };

/* The extended register, or the old I/O port where there is no extended one. */
static struct acpi_register pm1_control(struct bytes fadt, uint32_t extended, uint32_t old)
{
    const struct acpi_register wide = acpi_table_register(fadt, extended);
    if (wide.address != 0) {
        return wide;
    }
    return (struct acpi_register){
        .address = bytes_u32(fadt, old),
        .space = ACPI_SPACE_IO,
        .bit_width = (uint8_t)(bytes_u8(fadt, FADT_PM1_CONTROL_LENGTH) * BITS_PER_BYTE),
    };
}

enum acpi_error acpi_fadt_read(struct bytes fadt, struct acpi_machine *out, uint64_t *dsdt)
{
    if (fadt.size < FADT_BYTES_MIN) {
        return ACPI_BAD_LENGTH;
    }
    const uint32_t flags = bytes_u32(fadt, FADT_FLAGS);
    struct acpi_power *power = &out->power;
    power->pm1a_control = pm1_control(fadt, FADT_X_PM1A_CONTROL, FADT_PM1A_CONTROL);
    power->pm1b_control = pm1_control(fadt, FADT_X_PM1B_CONTROL, FADT_PM1B_CONTROL);
    power->sleep_control = acpi_table_register(fadt, FADT_SLEEP_CONTROL);
    power->sleep_status = acpi_table_register(fadt, FADT_SLEEP_STATUS);
    power->reset = acpi_table_register(fadt, FADT_RESET);
    power->reset_value = bytes_u8(fadt, FADT_RESET_VALUE);
    power->has_reset = (flags & FADT_FLAG_RESET) != 0 && power->reset.address != 0;
    power->hardware_reduced = (flags & FADT_FLAG_HARDWARE_REDUCED) != 0;
    power->smi_command = bytes_u32(fadt, FADT_SMI_COMMAND);
    power->acpi_enable = bytes_u8(fadt, FADT_ACPI_ENABLE);
    power->facs[0] = bytes_u32(fadt, FADT_FACS);
    power->facs[1] = bytes_u64(fadt, FADT_X_FACS);
    *dsdt = bytes_u64(fadt, FADT_X_DSDT);
    if (*dsdt == 0) {
        *dsdt = bytes_u32(fadt, FADT_DSDT);
    }
    return ACPI_OK;
}
