/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/acpi_dmar.h"

static enum acpi_error error_of(enum dmar_error error)
{
    switch (error) {
    case DMAR_OK:
        return ACPI_OK;
    case DMAR_BAD_LENGTH:
        return ACPI_BAD_LENGTH;
    case DMAR_BAD_ENTRY:
        return ACPI_BAD_ENTRY;
    case DMAR_TOO_MANY_UNITS:
        return ACPI_TOO_MANY_DRHDS;
    case DMAR_TOO_MANY_RMRRS:
    case DMAR_TOO_MANY_OTHERS:
        break;
    }
    return ACPI_TOO_MANY_RESERVED;
}

enum acpi_error acpi_dmar_read(struct bytes dmar, struct acpi_machine *out)
{
    const enum dmar_error error = dmar_read(dmar, &out->dmar);

    if (error != DMAR_OK) {
        return error_of(error);
    }
    for (uint32_t i = 0; i < out->dmar.rmrr_count; i++) {
        const struct dmar_rmrr *rmrr = &out->dmar.rmrrs[i];
        /* Is it one that the firmware left empty? */
        if (rmrr->limit != 0) {
            out->reserved[out->reserved_count++] =
                (struct acpi_range){rmrr->base, rmrr->limit - rmrr->base + 1};
        }
    }
    return ACPI_OK;
}
