/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_LOADER_H
#define MANAGER_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/bytes.h"
#include "manager/guest_acpi.h"
#include "manager/guest_layout.h"
#include "manager/load_plan.h"

/*
 * Plans a guest's memory: Linux as `vmlinux` (ELF) or `bzImage`, entered by the 64-bit boot protocol.
 * Pure; the images are untrusted, every offset in them is checked.
 * Source: Linux, Documentation/arch/x86/boot.rst, "64-bit Boot Protocol", and zero-page.rst.
 */
enum loader_status {
    LOADER_OK,
    LOADER_UNKNOWN_FORMAT,
    LOADER_ELF_BROKEN,
    LOADER_ELF_NOT_X86_64,
    LOADER_ELF_SEGMENTS,
    LOADER_ELF_ENTRY,
    LOADER_BZIMAGE_BROKEN,
    LOADER_BZIMAGE_OLD,
    LOADER_MEMORY,
    LOADER_INITRD,
    LOADER_COMMAND_LINE,
};

/* The status as a plain sentence. */
const char *loader_reason(enum loader_status status);

/* A kernel as the loader of its format leaves it in the plan. */
struct loader_kernel {
    uint64_t entry;            /* 64-bit entry point */
    uint64_t end;              /* end of the memory it needs before it reads the memory map */
    uint64_t initrd_end_max;   /* an initrd must end at or below this */
    struct bytes setup_header; /* of a bzImage, from SETUP_HEADER on; empty for vmlinux */
};

struct loader_request {
    struct bytes kernel;
    struct bytes initrd;       /* empty: none */
    struct bytes command_line; /* without NUL */
    uint64_t memory;           /* bytes; a multiple of FRAME_SIZE, at least 32 MiB */
    uint32_t cpus;
    bool serial; /* whether there is a UART */
};

#define LOADER_COMMAND_LINE_BYTES 2048u
#define LOADER_TABLE_WORDS        512u
#define LOADER_WAIT_TABLES        3u

/* What the loader writes itself; stays until the plan is carried out. */
struct loader_pages {
    uint8_t boot_params[4096];
    uint8_t command_line[LOADER_COMMAND_LINE_BYTES];
    uint64_t page_tables[2 + GUEST_LOW_GIB][LOADER_TABLE_WORDS];
    uint8_t acpi[GUEST_ACPI_BYTES];
    uint64_t wait_tables[LOADER_WAIT_TABLES][LOADER_TABLE_WORDS]; /* where there is more than one CPU */
    uint8_t mailbox[4096];
};

struct loader_result {
    struct load_plan plan;
    uint64_t rip, rsi, cr3; /* of the first vCPU */
};

enum loader_status loader_plan(const struct loader_request *request, struct loader_pages *pages,
                               struct loader_result *result);

#endif
