/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/acpi_madt.h"

/* ACPI Specification 6.5, "Multiple APIC Description Table (MADT)". */
enum { MADT_LAPIC_ADDRESS = 36, MADT_FLAGS = 40, MADT_ENTRIES = 44, MADT_PCAT_COMPAT = 1 };
enum { ENTRY_TYPE = 0, ENTRY_LENGTH = 1, ENTRY_HEADER = 2 };

enum entry_type {
    ENTRY_LAPIC = 0,
    ENTRY_IOAPIC = 1,
    ENTRY_LAPIC_ADDRESS = 5,
    ENTRY_X2APIC = 9,
};

enum { LAPIC_ID = 3, LAPIC_FLAGS = 4, LAPIC_BYTES = 8, LAPIC_BROADCAST = 0xff };
enum { X2APIC_ID = 4, X2APIC_FLAGS = 8, X2APIC_BYTES = 16 };
enum { IOAPIC_ADDRESS = 4, IOAPIC_GSI_BASE = 8, IOAPIC_BYTES = 12 };
enum { OVERRIDE_ADDRESS = 4, OVERRIDE_BYTES = 12 };
enum { CPU_ENABLED = 1, CPU_ONLINE_CAPABLE = 2 };
#define X2APIC_BROADCAST 0xffffffffu

static enum acpi_error add_cpu(uint32_t apic_id, uint32_t flags, struct acpi_machine *out)
{
    const bool enabled = (flags & CPU_ENABLED) != 0;
    if (!enabled && (flags & CPU_ONLINE_CAPABLE) == 0) {
        return ACPI_OK;
    }
    for (uint32_t i = 0; i < out->cpu_count; i++) {
        /* Some firmware lists a CPU as LAPIC and again as x2APIC. */
        if (out->cpus[i].apic_id == apic_id) {
            out->cpus[i].enabled = out->cpus[i].enabled || enabled;
            return ACPI_OK;
        }
    }
    if (out->cpu_count == CPUS_MAX) {
        return ACPI_TOO_MANY_CPUS;
    }
    out->cpus[out->cpu_count++] = (struct acpi_cpu){apic_id, enabled};
    return ACPI_OK;
}

static enum acpi_error add_ioapic(struct bytes entry, struct acpi_machine *out)
{
    if (out->ioapic_count == ACPI_IOAPICS_MAX) {
        return ACPI_TOO_MANY_IOAPICS;
    }
    out->ioapics[out->ioapic_count++] =
        (struct acpi_ioapic){bytes_u32(entry, IOAPIC_ADDRESS), bytes_u32(entry, IOAPIC_GSI_BASE)};
    return ACPI_OK;
}

static bool is_long_enough(struct bytes entry)
{
    switch (bytes_u8(entry, ENTRY_TYPE)) {
    case ENTRY_LAPIC:
        return entry.size >= LAPIC_BYTES;
    case ENTRY_IOAPIC:
        return entry.size >= IOAPIC_BYTES;
    case ENTRY_LAPIC_ADDRESS:
        return entry.size >= OVERRIDE_BYTES;
    case ENTRY_X2APIC:
        return entry.size >= X2APIC_BYTES;
    default:
        return true;
    }
}

static enum acpi_error read_entry(struct bytes entry, struct acpi_machine *out)
{
    switch (bytes_u8(entry, ENTRY_TYPE)) {
    case ENTRY_LAPIC:
        if (bytes_u8(entry, LAPIC_ID) == LAPIC_BROADCAST) {
            return ACPI_OK;
        }
        return add_cpu(bytes_u8(entry, LAPIC_ID), bytes_u32(entry, LAPIC_FLAGS), out);
    case ENTRY_X2APIC:
        if (bytes_u32(entry, X2APIC_ID) == X2APIC_BROADCAST) {
            return ACPI_OK;
        }
        return add_cpu(bytes_u32(entry, X2APIC_ID), bytes_u32(entry, X2APIC_FLAGS), out);
    case ENTRY_IOAPIC:
        return add_ioapic(entry, out);
    case ENTRY_LAPIC_ADDRESS:
        out->lapic_address = bytes_u64(entry, OVERRIDE_ADDRESS);
        return ACPI_OK;
    default:
        return ACPI_OK; /* NMI wiring, overrides: the core masks every IOAPIC pin and needs none */
    }
}

enum acpi_error acpi_madt_read(struct bytes madt, struct acpi_machine *out)
{
    if (madt.size < MADT_ENTRIES) {
        return ACPI_BAD_LENGTH;
    }
    out->lapic_address = bytes_u32(madt, MADT_LAPIC_ADDRESS);
    out->has_8259 = (bytes_u32(madt, MADT_FLAGS) & MADT_PCAT_COMPAT) != 0;
    uint64_t at = MADT_ENTRIES;
    while (at < madt.size) {
        const uint8_t length = bytes_u8(madt, at + ENTRY_LENGTH);
        const struct bytes entry = bytes_part(madt, at, length);
        if (length < ENTRY_HEADER || !bytes_hold(madt, at, length) || !is_long_enough(entry)) {
            return ACPI_BAD_ENTRY;
        }
        const enum acpi_error error = read_entry(entry, out);
        if (error != ACPI_OK) {
            return error;
        }
        at += length;
    }
    return out->cpu_count > 0 ? ACPI_OK : ACPI_NO_CPUS;
}
