/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/loader.h"

#include "devices/pci_host.h"
#include "lib/addr.h"
#include "lib/memory.h"
#include "manager/loader_bzimage.h"
#include "manager/loader_elf.h"

/* Offsets in struct boot_params: Linux, zero-page.rst and boot.rst. */
enum {
    PARAMS_ACPI_RSDP = 0x070,
    PARAMS_E820_COUNT = 0x1e8,
    PARAMS_BOOT_FLAG = 0x1fe,
    PARAMS_MAGIC = 0x202,
    PARAMS_VERSION = 0x206,
    PARAMS_TYPE_OF_LOADER = 0x210,
    PARAMS_LOADFLAGS = 0x211,
    PARAMS_RAMDISK_IMAGE = 0x218,
    PARAMS_RAMDISK_SIZE = 0x21c,
    PARAMS_CMD_LINE_PTR = 0x228,
    PARAMS_KERNEL_ALIGNMENT = 0x230,
    PARAMS_CMDLINE_SIZE = 0x238,
    PARAMS_E820_TABLE = 0x2d0,

    BOOT_FLAG = 0xaa55,
    MAGIC_HDRS = 0x53726448,
    VERSION_2_15 = 0x020f,
    LOADER_UNDEFINED = 0xff,
    LOADED_HIGH = 1 << 0,
    KERNEL_ALIGNMENT = 0x200000,

    E820_ENTRY_BYTES = 20,
    E820_RAM = 1,
    E820_RESERVED = 2,
    E820_ACPI = 3,

    PAGE_PRESENT_WRITE = 0x3,
    PAGE_LARGE = 1 << 7,
};
#define LARGE_PAGE_SIZE 0x200000ull

const char *loader_reason(enum loader_status status)
{
    switch (status) {
    case LOADER_OK:
        return "it is loaded";
    case LOADER_UNKNOWN_FORMAT:
        return "the kernel is neither a vmlinux (ELF) nor a bzImage";
    case LOADER_ELF_BROKEN:
        return "the kernel's ELF headers reach beyond its end";
    case LOADER_ELF_NOT_X86_64:
        return "the kernel is not a 64-bit x86 ELF executable";
    case LOADER_ELF_SEGMENTS:
        return "the kernel's ELF segments overlap, are too many, or reach beyond its end";
    case LOADER_ELF_ENTRY:
        return "the kernel's ELF entry point is in none of its segments";
    case LOADER_BZIMAGE_BROKEN:
        return "the bzImage is cut off, or its header is inconsistent";
    case LOADER_BZIMAGE_OLD:
        return "the bzImage has no 64-bit entry point";
    case LOADER_MEMORY:
        return "the kernel does not fit into the guest's memory; give it more";
    case LOADER_INITRD:
        return "the initrd does not fit into the guest's memory beside the kernel; give it more";
    case LOADER_COMMAND_LINE:
        return "the command line is longer than 2047 bytes";
    }
    return "it cannot be loaded";
}

static void put16(uint8_t *at, uint16_t value)
{
    memcpy(at, &value, sizeof(value));
}

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
}

static void put64(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof(value));
}

static void add_e820(uint8_t *params, uint64_t start, uint64_t end, uint32_t type)
{
    uint8_t *entry = params + PARAMS_E820_TABLE + params[PARAMS_E820_COUNT] * E820_ENTRY_BYTES;
    put64(entry, start);
    put64(entry + 8, end - start);
    put32(entry + 16, type);
    params[PARAMS_E820_COUNT]++;
}

static void make_memory_map(uint8_t *params, uint64_t memory)
{
    add_e820(params, 0, GUEST_RAM0_END, E820_RAM);
    add_e820(params, GUEST_ACPI, GUEST_ACPI_END, E820_ACPI);
    add_e820(params, GUEST_RAM1, guest_layout_low_end(memory), E820_RAM);
    add_e820(params, PCI_HOST_ECAM_BASE, PCI_HOST_ECAM_BASE + (uint64_t)PCI_HOST_ECAM_BYTES, E820_RESERVED);
    if (guest_layout_high_end(memory) > GUEST_HIGH) {
        add_e820(params, GUEST_HIGH, guest_layout_high_end(memory), E820_RAM);
    }
}

static void make_boot_params(const struct loader_request *request, const struct loader_kernel *kernel,
                             uint64_t initrd, uint8_t *params)
{
    memset(params, 0, FRAME_SIZE);
    if (kernel->setup_header.size > 0) {
        memcpy(params + SETUP_HEADER, kernel->setup_header.at, kernel->setup_header.size);
    } else {
        put16(params + PARAMS_BOOT_FLAG, BOOT_FLAG);
        put32(params + PARAMS_MAGIC, MAGIC_HDRS);
        put16(params + PARAMS_VERSION, VERSION_2_15);
        put32(params + PARAMS_KERNEL_ALIGNMENT, KERNEL_ALIGNMENT);
        put32(params + PARAMS_CMDLINE_SIZE, LOADER_COMMAND_LINE_BYTES - 1);
    }
    params[PARAMS_TYPE_OF_LOADER] = LOADER_UNDEFINED;
    params[PARAMS_LOADFLAGS] |= LOADED_HIGH;
    put32(params + PARAMS_RAMDISK_IMAGE, (uint32_t)initrd);
    put32(params + PARAMS_RAMDISK_SIZE, (uint32_t)request->initrd.size);
    put32(params + PARAMS_CMD_LINE_PTR, GUEST_COMMAND_LINE);
    put64(params + PARAMS_ACPI_RSDP, GUEST_ACPI);
    make_memory_map(params, request->memory);
}

/* Identity map of all memory below GUEST_LOW_MAX, in 2 MiB pages. */
static void make_page_tables(uint64_t tables[][LOADER_TABLE_WORDS])
{
    memset(tables, 0, (2 + GUEST_LOW_GIB) * FRAME_SIZE);
    tables[0][0] = (GUEST_PAGE_TABLES + FRAME_SIZE) | PAGE_PRESENT_WRITE;
    for (uint64_t gib = 0; gib < GUEST_LOW_GIB; gib++) {
        tables[1][gib] = (GUEST_PAGE_TABLES + (2 + gib) * FRAME_SIZE) | PAGE_PRESENT_WRITE;
        for (uint64_t i = 0; i < LOADER_TABLE_WORDS; i++) {
            tables[2 + gib][i] =
                (gib * LOADER_TABLE_WORDS + i) * LARGE_PAGE_SIZE | PAGE_LARGE | PAGE_PRESENT_WRITE;
        }
    }
}

extern const uint8_t guest_wait_start[], guest_wait_end[]; /* manager/guest_wait.S */

static void make_wait_pages(struct loader_pages *pages)
{
    memset(pages->wait_tables, 0, sizeof(pages->wait_tables));
    pages->wait_tables[0][0] = (GUEST_WAIT_TABLES + FRAME_SIZE) | PAGE_PRESENT_WRITE;
    pages->wait_tables[1][0] = (GUEST_WAIT_TABLES + 2 * FRAME_SIZE) | PAGE_PRESENT_WRITE;
    pages->wait_tables[2][0] = PAGE_LARGE | PAGE_PRESENT_WRITE;
    memset(pages->mailbox, 0, sizeof(pages->mailbox));
    memcpy(pages->mailbox + (GUEST_WAIT - GUEST_MAILBOX), guest_wait_start,
           (uint64_t)(guest_wait_end - guest_wait_start));
}

/* As high as it may lie, above the kernel.  False where there is no such place. */
static bool place_initrd(const struct loader_request *request, const struct loader_kernel *kernel,
                         uint64_t *place)
{
    const uint64_t low_end = guest_layout_low_end(request->memory);
    const uint64_t end = low_end < kernel->initrd_end_max ? low_end : kernel->initrd_end_max;
    *place = 0;
    if (request->initrd.size == 0) {
        return true;
    }
    if (end < kernel->end || request->initrd.size > end - kernel->end) {
        return false;
    }
    *place = (end - request->initrd.size) / FRAME_SIZE * FRAME_SIZE;
    return *place >= kernel->end;
}

static enum loader_status plan_kernel(const struct loader_request *request, struct load_plan *plan,
                                      struct loader_kernel *kernel)
{
    const uint64_t low_end = guest_layout_low_end(request->memory);
    if (loader_elf_is(request->kernel)) {
        return loader_elf_plan(request->kernel, low_end, plan, kernel);
    }
    if (loader_bzimage_is(request->kernel)) {
        return loader_bzimage_plan(request->kernel, low_end, plan, kernel);
    }
    return LOADER_UNKNOWN_FORMAT;
}

/* Does the command line say how to reboot? */
static bool says_reboot(struct bytes line)
{
    static const char word[] = "reboot=";

    for (uint64_t at = 0; at + sizeof(word) - 1 <= line.size; at++) {
        const bool begins = at == 0 || line.at[at - 1] == ' ' || line.at[at - 1] == '\t';
        if (begins && memcmp(line.at + at, word, sizeof(word) - 1) == 0) {
            return true;
        }
    }
    return false;
}

/* On a machine of reduced hardware Linux reboots by EFI, else by the BIOS; a guest has neither, but the reset register of its FADT. */
static void make_command_line(struct bytes line, uint8_t *to)
{
    static const char reboot[] = " reboot=acpi";

    memset(to, 0, LOADER_COMMAND_LINE_BYTES);
    memcpy(to, line.at, line.size);
    if (!says_reboot(line) && line.size + sizeof(reboot) <= LOADER_COMMAND_LINE_BYTES) {
        memcpy(to + line.size, reboot, sizeof(reboot));
    }
}

/* Below GUEST_RAM1, where no kernel is: there is always room. */
static bool plan_pages(struct load_plan *plan, const struct loader_request *request,
                       const struct loader_pages *pages)
{
    return load_plan_add(plan, GUEST_BOOT_PARAMS, (struct bytes){pages->boot_params, FRAME_SIZE}) &&
           load_plan_add(plan, GUEST_COMMAND_LINE,
                         (struct bytes){pages->command_line, sizeof(pages->command_line)}) &&
           load_plan_add(plan, GUEST_PAGE_TABLES,
                         (struct bytes){(const uint8_t *)pages->page_tables, sizeof(pages->page_tables)}) &&
           load_plan_add(plan, GUEST_ACPI, (struct bytes){pages->acpi, sizeof(pages->acpi)}) &&
           (request->cpus == 1 ||
            (load_plan_add(plan, GUEST_WAIT_TABLES,
                           (struct bytes){(const uint8_t *)pages->wait_tables, sizeof(pages->wait_tables)}) &&
             load_plan_add(plan, GUEST_MAILBOX, (struct bytes){pages->mailbox, sizeof(pages->mailbox)})));
}

enum loader_status loader_plan(const struct loader_request *request, struct loader_pages *pages,
                               struct loader_result *result)
{
    struct loader_kernel kernel;
    uint64_t initrd;

    result->plan.count = 0;
    const enum loader_status status = plan_kernel(request, &result->plan, &kernel);
    if (status != LOADER_OK) {
        return status;
    }
    if (!place_initrd(request, &kernel, &initrd) || !load_plan_add(&result->plan, initrd, request->initrd)) {
        return LOADER_INITRD;
    }
    if (request->command_line.size >= LOADER_COMMAND_LINE_BYTES) {
        return LOADER_COMMAND_LINE;
    }
    make_command_line(request->command_line, pages->command_line);
    make_boot_params(request, &kernel, initrd, pages->boot_params);
    make_page_tables(pages->page_tables);
    make_wait_pages(pages);
    guest_acpi_make(pages->acpi, request->cpus, request->serial);
    if (!plan_pages(&result->plan, request, pages)) {
        return LOADER_ELF_SEGMENTS;
    }
    result->rip = kernel.entry;
    result->rsi = GUEST_BOOT_PARAMS;
    result->cr3 = GUEST_PAGE_TABLES;
    return LOADER_OK;
}
