/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/acpi_mcfg.h"

/* PCI Firmware Specification 3.3, "MCFG Table Description". */
enum { MCFG_ENTRIES = 44, ENTRY_BYTES = 16 };
enum { ENTRY_ECAM = 0, ENTRY_SEGMENT = 8, ENTRY_FIRST_BUS = 10, ENTRY_LAST_BUS = 11 };
#define ECAM_BYTES     (256ull << 20) /* of a whole segment: 256 buses of 1 MiB */
#define PHYSICAL_END   (1ull << 52)
#define ECAM_ALIGNMENT (1ull << 20)

enum acpi_error acpi_mcfg_read(struct bytes mcfg, struct acpi_machine *out)
{
    if (mcfg.size < MCFG_ENTRIES) {
        return ACPI_BAD_LENGTH;
    }
    for (uint64_t at = MCFG_ENTRIES; bytes_hold(mcfg, at, ENTRY_BYTES); at += ENTRY_BYTES) {
        const struct acpi_segment segment = {
            .ecam = bytes_u64(mcfg, at + ENTRY_ECAM),
            .segment = bytes_u16(mcfg, at + ENTRY_SEGMENT),
            .first_bus = bytes_u8(mcfg, at + ENTRY_FIRST_BUS),
            .last_bus = bytes_u8(mcfg, at + ENTRY_LAST_BUS),
        };
        if (segment.last_bus < segment.first_bus || segment.ecam == 0 || segment.ecam % ECAM_ALIGNMENT != 0 ||
            segment.ecam > PHYSICAL_END - ECAM_BYTES) {
            return ACPI_BAD_ENTRY;
        }
        if (out->segment_count == ACPI_SEGMENTS_MAX) {
            return ACPI_TOO_MANY_SEGMENTS;
        }
        out->segments[out->segment_count++] = segment;
    }
    return ACPI_OK;
}
