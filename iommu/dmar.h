/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOMMU_DMAR_H
#define IOMMU_DMAR_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/bytes.h"

/*
 * What the firmware says of DMA remapping: the units, which devices are whose, and the memory that devices of the
 * firmware use.  Pure: it reads the bytes given and fills a struct.
 * Source: Intel VT-d Architecture Specification 4.1, "DMA Remapping Reporting Structure", "Remapping Structure
 * Types", "Device Scope Structure".
 */
enum dmar_limit {
    DMAR_UNITS_MAX = 16,
    DMAR_RMRRS_MAX = 32,
    DMAR_ATSRS_MAX = 16,
    DMAR_SCOPES_MAX = 256, /* of all structures */
    DMAR_PATH_MAX = 8,     /* bridges to pass, and the device */
};

/* In place of the index of a unit. */
#define DMAR_NO_UNIT DMAR_UNITS_MAX

enum dmar_error {
    DMAR_OK = 0,
    DMAR_BAD_LENGTH, /* shorter than a DMAR's header */
    DMAR_BAD_ENTRY,  /* a structure or a scope ends beyond what holds it, or makes no sense */
    DMAR_TOO_MANY_UNITS,
    DMAR_TOO_MANY_RMRRS,
    DMAR_TOO_MANY_OTHERS, /* ATSRs or scopes */
};

enum dmar_flag {
    DMAR_INTR_REMAP = 1,     /* the platform supports interrupt remapping */
    DMAR_X2APIC_OPT_OUT = 2, /* the firmware asks not to use x2APIC: not followed */
};

enum dmar_scope_type {
    DMAR_PCI_ENDPOINT = 1,
    DMAR_PCI_SUB_HIERARCHY = 2, /* a bridge, and all below it */
    DMAR_IOAPIC = 3,
    DMAR_MSI_CAPABLE_HPET = 4,
    DMAR_ACPI_NAMESPACE_DEVICE = 5,
};

struct dmar_scope {
    uint8_t type;           /* enum dmar_scope_type, or one to come */
    uint8_t enumeration_id; /* of an IOAPIC: its APIC id */
    uint8_t start_bus;
    uint8_t path_count;          /* 1 to DMAR_PATH_MAX */
    uint8_t path[DMAR_PATH_MAX]; /* device * 8 + function, from start_bus through bridges */
};

/* The scopes of a structure: scopes[first] .. scopes[first + count - 1] of struct dmar. */
struct dmar_scopes {
    uint32_t first;
    uint32_t count;
};

struct dmar_unit {
    uint64_t registers; /* physical address */
    uint16_t segment;
    bool include_all; /* has all functions of the segment that no other unit has */
    bool disputed;    /* another unit has its registers, or is the segment's INCLUDE_ALL too */
    struct dmar_scopes scopes;
};

struct dmar_rmrr {
    uint64_t base;
    uint64_t limit; /* inclusive; 0 with base 0: left empty by the firmware */
    uint16_t segment;
    struct dmar_scopes scopes;
};

struct dmar_atsr {
    uint16_t segment;
    bool all_ports;
    struct dmar_scopes scopes;
};

struct dmar {
    uint8_t host_address_bits;
    uint8_t flags; /* enum dmar_flag */
    uint32_t unit_count;
    uint32_t rmrr_count;
    uint32_t atsr_count;
    uint32_t scope_count;
    struct dmar_unit units[DMAR_UNITS_MAX];
    struct dmar_rmrr rmrrs[DMAR_RMRRS_MAX];
    struct dmar_atsr atsrs[DMAR_ATSRS_MAX];
    struct dmar_scope scopes[DMAR_SCOPES_MAX];
};

/* Read a whole DMAR, whose checksum and length the caller has checked.  On an error `out` means nothing.
 * Structures of other types are passed over. */
enum dmar_error dmar_read(struct bytes table, struct dmar *out);

#endif
