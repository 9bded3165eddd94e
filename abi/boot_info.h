/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ABI_BOOT_INFO_H
#define ABI_BOOT_INFO_H

#include <stdint.h>

/*
 * How the manager starts.
 *
 * The manager image is a flat file (the multiboot2 module named "manager") that begins with a
 * struct manager_header.  The core enters it at `image + entry_offset` in 32-bit protected mode
 * with flat segments, paging off, interrupts off, EAX = MANAGER_START_MAGIC and EBX = the physical
 * address of one page that holds a struct boot_info.  The image includes its .bss.
 * The manager's guest-physical addresses are host-physical: it sees what it owns or borrows at
 * its own place, and nothing else.  It may execute its image alone: all other memory is data.
 */
#define MANAGER_HEADER_MAGIC 0x31524d4b4c554231ull /* "1BULKMR1" */
#define MANAGER_START_MAGIC  0x424b4d47u           /* "GMKB" */

struct manager_header {
    uint64_t magic;
    uint32_t abi_version;
    uint32_t entry_offset; /* bytes from the header, below image_size */
    uint64_t image_size;   /* bytes, .bss included: the module is exactly this long */
};
_Static_assert(sizeof(struct manager_header) == 24, "struct manager_header is ABI");

#define BOOT_INFO_MAGIC  0x4f464e494b4c5542ull /* "BULKINFO" */
#define BOOT_RANGES_MAX  64u
#define BOOT_MODULES_MAX 32u
#define BOOT_NAME_BYTES  64u

/* `count` frames of RAM from frame number `first` on. */
struct boot_range {
    uint64_t first;
    uint64_t count;
};

/* A multiboot2 module: page-aligned memory the manager owns. */
struct boot_module {
    uint64_t address;           /* physical, bytes */
    uint64_t size;              /* bytes */
    char name[BOOT_NAME_BYTES]; /* the module's command line, cut to fit, NUL-terminated */
};

enum boot_flags {
    BOOT_HAS_DEBUG_PORT = 1, /* port 0xE9 is granted: every byte written appears on the emulator's console */
};

struct boot_info {
    uint64_t magic;
    uint32_t abi_version;
    uint32_t flags; /* enum boot_flags */
    uint64_t tsc_khz;
    uint32_t cpus; /* CPUs the manager runs on */
    uint32_t range_count;
    uint32_t module_count;
    uint32_t reserved;
    struct boot_range ranges[BOOT_RANGES_MAX];    /* all RAM of the manager, modules and image included */
    struct boot_module modules[BOOT_MODULES_MAX]; /* without the manager image itself */
    char command_line[BOOT_NAME_BYTES * 4];       /* of the core */
};
_Static_assert(sizeof(struct boot_info) <= 4096, "struct boot_info is one page");

#endif
