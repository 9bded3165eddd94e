/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_MULTIBOOT2_H
#define BOOT_MULTIBOOT2_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "arch/x86_64/framebuffer.h"
#include "lib/bytes.h"

/* Source: Multiboot2 Specification 2.0, "Boot information format". */
#define MULTIBOOT2_START_MAGIC 0x36d76289u /* EAX at entry */
#define COMMAND_LINE_BYTES     256u        /* of the core, NUL included: longer is refused */

enum multiboot2_error {
    MULTIBOOT2_OK = 0,
    MULTIBOOT2_TOO_SHORT,     /* less than the fixed header and an end tag */
    MULTIBOOT2_SIZE,          /* its own total size is beyond what can be read */
    MULTIBOOT2_TAG_BEYOND,    /* a tag ends beyond the information */
    MULTIBOOT2_TAG_SMALL,     /* a tag is smaller than its kind */
    MULTIBOOT2_TAG_TWICE,     /* a tag that can be there once is there twice */
    MULTIBOOT2_NO_END,        /* no end tag */
    MULTIBOOT2_COMMAND_LINE,  /* longer than COMMAND_LINE_BYTES - 1 */
    MULTIBOOT2_MODULES,       /* more than BOOT_MODULES_MAX */
    MULTIBOOT2_MODULE_RANGE,  /* a module ends before it starts, or starts inside a page */
    MULTIBOOT2_MEMORY_ENTRY,  /* memory map entries smaller than their fields */
    MULTIBOOT2_EFI_ENTRY,     /* EFI memory map entries smaller than their fields */
    MULTIBOOT2_BOOT_SERVICES, /* EFI boot services are still running */
    MULTIBOOT2_NO_MEMORY_MAP, /* no memory map */
};

/* An array of `count` entries of `stride` bytes; the entries are inside `bytes`. */
struct boot_entries {
    struct bytes bytes;
    uint64_t stride;
    uint64_t count; /* 0: the boot loader gave none */
};

/* What the boot loader said.  All but the entries and the RSDP copies is copied out. */
struct boot_parameters {
    uint32_t bad_tag; /* the guilty tag's type, where an error is about one */
    uint32_t module_count;
    struct boot_module modules[BOOT_MODULES_MAX];
    char command_line[COMMAND_LINE_BYTES];
    struct boot_entries memory_map; /* memory_map.c reads both; valid while the information is */
    struct boot_entries efi_memory_map;
    struct bytes rsdp_old; /* copy of the ACPI 1.0 RSDP; size 0: none */
    struct bytes rsdp_new; /* copy of the ACPI 2.0 RSDP; size 0: none */
    bool has_framebuffer;
    struct framebuffer_place framebuffer;
    bool has_load_base;
    uint32_t load_base;        /* physical address the core's image was loaded at */
    uint64_t efi_system_table; /* physical address; 0: not started by EFI */
};

/*
 * Read the boot information: `info` is its first byte and `bytes` how many bytes can be read from
 * there (at least what it needs; usually up to the end of mapped memory).  `out` is filled whole; on an
 * error only `bad_tag` in it means anything.
 */
enum multiboot2_error multiboot2_parse(const uint8_t *info, uint64_t bytes, struct boot_parameters *out);

/* The plain sentence for an error ("" for MULTIBOOT2_OK). */
const char *multiboot2_error_text(enum multiboot2_error error);

#endif
