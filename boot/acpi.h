/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_ACPI_H
#define BOOT_ACPI_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu/dmar.h"
#include "lib/bytes.h"
#include "lib/limits.h"

/* Source: ACPI Specification 6.5, "ACPI Software Programming Model"; PCI Firmware Specification 3.3,
 * "MCFG Table Description"; Intel VT-d Architecture Specification 4.1, "BIOS Considerations". */
enum acpi_limit {
    ACPI_IOAPICS_MAX = 16,
    ACPI_HPETS_MAX = 8,
    ACPI_SEGMENTS_MAX = 16,
    ACPI_RESERVED_MAX = 32, /* RMRRs */
    ACPI_SSDTS_MAX = 64,
};

enum acpi_error {
    ACPI_OK = 0,
    ACPI_NO_RSDP,      /* no RSDP copy that checks out */
    ACPI_UNREACHABLE,  /* a table is where early boot cannot reach (above 4 GiB), or empty */
    ACPI_BAD_LENGTH,   /* a table's length is shorter than its kind, or beyond reason */
    ACPI_BAD_CHECKSUM, /* a table's bytes do not add up to zero */
    ACPI_BAD_ENTRY,    /* an entry inside a table ends beyond it, or contradicts itself */
    ACPI_NO_MADT,
    ACPI_NO_FADT,
    ACPI_NO_CPUS,
    ACPI_TOO_MANY_CPUS, /* more than CPUS_MAX */
    ACPI_TOO_MANY_IOAPICS,
    ACPI_TOO_MANY_HPETS,
    ACPI_TOO_MANY_SEGMENTS,
    ACPI_TOO_MANY_RESERVED,
    ACPI_TOO_MANY_DRHDS,
};

struct acpi_cpu {
    uint32_t apic_id;
    bool enabled; /* false: not there now, but could be brought online */
};

struct acpi_ioapic {
    uint64_t address;
    uint32_t gsi_base;
};

struct acpi_segment {
    uint64_t ecam; /* physical address of bus 0's config space, even where first_bus is above 0 */
    uint16_t segment;
    uint8_t first_bus;
    uint8_t last_bus; /* inclusive */
};

struct acpi_range {
    uint64_t address;
    uint64_t bytes;
};

/* Generic Address Structure, "Generic Address Structure (GAS)". */
enum acpi_space { ACPI_SPACE_MEMORY = 0, ACPI_SPACE_IO = 1, ACPI_SPACE_PCI_CONFIG = 2 };

struct acpi_register {
    uint64_t address;  /* 0: there is no such register */
    uint8_t space;     /* enum acpi_space */
    uint8_t bit_width; /* of the register: 8 to 64 */
    uint8_t access;    /* 0: undefined; 1 to 4: byte, word, dword, qword */
};

struct acpi_power {
    struct acpi_register pm1a_control;
    struct acpi_register pm1b_control;
    struct acpi_register sleep_control; /* hardware-reduced ACPI */
    struct acpi_register sleep_status;
    struct acpi_register reset;
    uint8_t reset_value;
    bool has_reset; /* the firmware says the reset register works */
    bool hardware_reduced;
    uint32_t smi_command; /* I/O port; 0: none */
    uint8_t acpi_enable;  /* value for it that switches from legacy mode to ACPI */
    uint64_t facs[2];     /* physical addresses of every FACS, 0 where there is none */
    bool has_s5;          /* `_S5_` was found in the DSDT or an SSDT */
    uint8_t s5_type_a;    /* SLP_TYPa and SLP_TYPb for soft off, 0 to 7 */
    uint8_t s5_type_b;
};

/* Where a FACS holds its waking vectors, in bytes from its start: four bytes and eight. */
#define ACPI_FACS_WAKING_VECTOR   12u
#define ACPI_FACS_X_WAKING_VECTOR 24u

struct acpi_machine {
    char bad_table[5]; /* signature of the guilty table, where an error is about one; else empty */
    uint32_t cpu_count;
    struct acpi_cpu cpus[CPUS_MAX];
    uint64_t lapic_address;
    bool has_8259;
    uint32_t ioapic_count;
    struct acpi_ioapic ioapics[ACPI_IOAPICS_MAX];
    uint32_t hpet_count;
    uint64_t hpets[ACPI_HPETS_MAX]; /* physical addresses of register blocks */
    uint32_t segment_count;         /* 0: no MCFG, config space by ports only */
    struct acpi_segment segments[ACPI_SEGMENTS_MAX];
    struct acpi_power power;
    uint64_t dmar_address; /* 0: no DMAR table */
    uint32_t dmar_bytes;
    uint32_t reserved_count; /* RMRRs: memory devices of the firmware use; never RAM to us */
    struct acpi_range reserved[ACPI_RESERVED_MAX];
    struct dmar dmar; /* all zeros where there is no DMAR table */
};

/*
 * Read the firmware's tables: `rsdp_new` and `rsdp_old` are the RSDP copies the boot loader gave (size 0:
 * none); tables are reached through boot_memory().  No AML is run.  `out` is filled whole; on an error
 * only `bad_table` in it means anything.  Absent optional tables (HPET, MCFG, DMAR, no `_S5_`) are no error;
 * broken ones are, since what they protect would be left open.
 */
enum acpi_error acpi_read(struct bytes rsdp_new, struct bytes rsdp_old, struct acpi_machine *out);

/* The plain sentence for an error ("" for ACPI_OK). */
const char *acpi_error_text(enum acpi_error error);

#endif
