/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/multiboot2.h"

#include "lib/addr.h"
#include "lib/string.h"

/* Multiboot2 Specification, "Boot information format". */
enum { INFO_TOTAL_SIZE = 0, INFO_TAGS = 8, TAG_TYPE = 0, TAG_SIZE = 4, TAG_HEADER = 8, TAG_ALIGNMENT = 8 };

enum tag {
    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_MODULE = 3,
    TAG_MEMORY_MAP = 6,
    TAG_FRAMEBUFFER = 8,
    TAG_EFI32_SYSTEM_TABLE = 11,
    TAG_EFI64_SYSTEM_TABLE = 12,
    TAG_RSDP_OLD = 14,
    TAG_RSDP_NEW = 15,
    TAG_EFI_MEMORY_MAP = 17,
    TAG_EFI_BOOT_SERVICES = 18,
    TAG_LOAD_BASE = 21,
    TAGS = 32, /* first type that we certainly do not read */
};

/* Tags we read that can be there only once. */
#define TAGS_SINGLE                                                                                          \
    (1u << TAG_COMMAND_LINE | 1u << TAG_MEMORY_MAP | 1u << TAG_FRAMEBUFFER | 1u << TAG_EFI32_SYSTEM_TABLE |  \
     1u << TAG_EFI64_SYSTEM_TABLE | 1u << TAG_RSDP_OLD | 1u << TAG_RSDP_NEW | 1u << TAG_EFI_MEMORY_MAP |     \
     1u << TAG_LOAD_BASE)

/* Offsets in the tags, from their start. */
enum { COMMAND_LINE_TEXT = 8 };
enum { MODULE_START = 8, MODULE_END = 12, MODULE_TEXT = 16 };
enum { MEMORY_STRIDE = 8, MEMORY_ENTRIES = 16, MEMORY_ENTRY_SIZE = 24 };
enum { EFI_STRIDE = 8, EFI_ENTRIES = 16, EFI_ENTRY_SIZE = 40 };
enum { RSDP_COPY = 8 };
enum { EFI_TABLE_POINTER = 8 };
enum { LOAD_BASE_ADDRESS = 8, LOAD_BASE_SIZE = 12 };
enum {
    FRAMEBUFFER_ADDRESS = 8,
    FRAMEBUFFER_PITCH = 16,
    FRAMEBUFFER_WIDTH = 20,
    FRAMEBUFFER_HEIGHT = 24,
    FRAMEBUFFER_BITS = 28,
    FRAMEBUFFER_TYPE = 29,
    FRAMEBUFFER_SIZE = 32,
};

static enum multiboot2_error read_command_line(struct bytes tag, struct boot_parameters *out)
{
    const struct bytes text = bytes_part(tag, COMMAND_LINE_TEXT, tag.size);
    if (!string_copy(out->command_line, sizeof(out->command_line), (const char *)text.at, text.size)) {
        return MULTIBOOT2_COMMAND_LINE;
    }
    return MULTIBOOT2_OK;
}

static enum multiboot2_error read_module(struct bytes tag, struct boot_parameters *out)
{
    if (tag.size < MODULE_TEXT) {
        return MULTIBOOT2_TAG_SMALL;
    }
    if (out->module_count == BOOT_MODULES_MAX) {
        return MULTIBOOT2_MODULES;
    }
    const uint32_t start = bytes_u32(tag, MODULE_START);
    const uint32_t end = bytes_u32(tag, MODULE_END);
    /* Does it begin a page (the header asked for it), unless it is empty? */
    if (end < start || (end > start && start % FRAME_SIZE != 0)) {
        return MULTIBOOT2_MODULE_RANGE;
    }
    struct boot_module *module = &out->modules[out->module_count++];
    const struct bytes text = bytes_part(tag, MODULE_TEXT, tag.size);
    module->address = start;
    module->size = end - start;
    (void)string_copy(module->name, sizeof(module->name), (const char *)text.at, text.size);
    return MULTIBOOT2_OK;
}

/* Both memory maps: u32 stride, u32 version, entries up to the end of the tag. */
static bool read_entries(struct bytes tag, uint32_t stride_at, uint32_t entries_at, uint32_t entry_size,
                         struct boot_entries *out)
{
    const uint32_t stride = bytes_u32(tag, stride_at);
    if (tag.size < entries_at || stride < entry_size) {
        return false;
    }
    out->bytes = bytes_part(tag, entries_at, tag.size);
    out->stride = stride;
    out->count = out->bytes.size / stride;
    return true;
}

static enum multiboot2_error read_framebuffer(struct bytes tag, struct boot_parameters *out)
{
    if (tag.size < FRAMEBUFFER_SIZE - 1) { /* an EGA text tag ends before the padding */
        return MULTIBOOT2_TAG_SMALL;
    }
    out->has_framebuffer = true;
    out->framebuffer = (struct framebuffer_place){
        .address = bytes_u64(tag, FRAMEBUFFER_ADDRESS),
        .pitch = bytes_u32(tag, FRAMEBUFFER_PITCH),
        .width = bytes_u32(tag, FRAMEBUFFER_WIDTH),
        .height = bytes_u32(tag, FRAMEBUFFER_HEIGHT),
        .bits_per_pixel = bytes_u8(tag, FRAMEBUFFER_BITS),
        .type = bytes_u8(tag, FRAMEBUFFER_TYPE),
    };
    return MULTIBOOT2_OK;
}

static enum multiboot2_error read_tag(uint32_t type, struct bytes tag, struct boot_parameters *out)
{
    switch (type) {
    case TAG_COMMAND_LINE:
        return read_command_line(tag, out);
    case TAG_MODULE:
        return read_module(tag, out);
    case TAG_MEMORY_MAP:
        return read_entries(tag, MEMORY_STRIDE, MEMORY_ENTRIES, MEMORY_ENTRY_SIZE, &out->memory_map)
                   ? MULTIBOOT2_OK
                   : MULTIBOOT2_MEMORY_ENTRY;
    case TAG_EFI_MEMORY_MAP:
        return read_entries(tag, EFI_STRIDE, EFI_ENTRIES, EFI_ENTRY_SIZE, &out->efi_memory_map)
                   ? MULTIBOOT2_OK
                   : MULTIBOOT2_EFI_ENTRY;
    case TAG_FRAMEBUFFER:
        return read_framebuffer(tag, out);
    case TAG_EFI32_SYSTEM_TABLE:
        out->efi_system_table = bytes_u32(tag, EFI_TABLE_POINTER);
        return MULTIBOOT2_OK;
    case TAG_EFI64_SYSTEM_TABLE:
        out->efi_system_table = bytes_u64(tag, EFI_TABLE_POINTER);
        return MULTIBOOT2_OK;
    case TAG_EFI_BOOT_SERVICES:
        return MULTIBOOT2_BOOT_SERVICES;
    case TAG_RSDP_OLD:
        out->rsdp_old = bytes_part(tag, RSDP_COPY, tag.size);
        return MULTIBOOT2_OK;
    case TAG_RSDP_NEW:
        out->rsdp_new = bytes_part(tag, RSDP_COPY, tag.size);
        return MULTIBOOT2_OK;
    case TAG_LOAD_BASE:
        out->has_load_base = tag.size >= LOAD_BASE_SIZE;
        out->load_base = bytes_u32(tag, LOAD_BASE_ADDRESS);
        return out->has_load_base ? MULTIBOOT2_OK : MULTIBOOT2_TAG_SMALL;
    default:
        return MULTIBOOT2_OK; /* nothing we need */
    }
}

static enum multiboot2_error read_tags(struct bytes info, struct boot_parameters *out)
{
    uint32_t seen = 0;
    uint64_t at = INFO_TAGS;
    while (bytes_hold(info, at, TAG_HEADER)) {
        const uint32_t type = bytes_u32(info, at + TAG_TYPE);
        const uint32_t size = bytes_u32(info, at + TAG_SIZE);
        out->bad_tag = type;
        if (size < TAG_HEADER) {
            return MULTIBOOT2_TAG_SMALL;
        }
        if (!bytes_hold(info, at, size)) {
            return MULTIBOOT2_TAG_BEYOND;
        }
        if (type == TAG_END) {
            return out->memory_map.count > 0 ? MULTIBOOT2_OK : MULTIBOOT2_NO_MEMORY_MAP;
        }
        const uint32_t bit = type < TAGS ? 1u << type : 0;
        if (seen & bit & TAGS_SINGLE) {
            return MULTIBOOT2_TAG_TWICE;
        }
        seen |= bit;
        const enum multiboot2_error error = read_tag(type, bytes_part(info, at, size), out);
        if (error != MULTIBOOT2_OK) {
            return error;
        }
        at += ((uint64_t)size + TAG_ALIGNMENT - 1) / TAG_ALIGNMENT * TAG_ALIGNMENT;
    }
    return MULTIBOOT2_NO_END;
}

enum multiboot2_error multiboot2_parse(const uint8_t *info, uint64_t bytes, struct boot_parameters *out)
{
    const struct bytes all = {info, bytes};
    memset(out, 0, sizeof(*out));
    if (!bytes_hold(all, INFO_TAGS, TAG_HEADER)) {
        return MULTIBOOT2_TOO_SHORT;
    }
    const uint32_t total = bytes_u32(all, INFO_TOTAL_SIZE);
    if (total < INFO_TAGS + TAG_HEADER) {
        return MULTIBOOT2_TOO_SHORT;
    }
    if (total > bytes) {
        return MULTIBOOT2_SIZE;
    }
    return read_tags(bytes_part(all, 0, total), out);
}

const char *multiboot2_error_text(enum multiboot2_error error)
{
    switch (error) {
    case MULTIBOOT2_OK:
        return "";
    case MULTIBOOT2_TOO_SHORT:
        return "The boot loader's information is broken: it is too short to hold anything.";
    case MULTIBOOT2_SIZE:
        return "The boot loader's information is broken: it says it is larger than memory can be read.";
    case MULTIBOOT2_TAG_BEYOND:
        return "The boot loader's information is broken: a tag ends beyond it.";
    case MULTIBOOT2_TAG_SMALL:
        return "The boot loader's information is broken: a tag is smaller than its kind.";
    case MULTIBOOT2_TAG_TWICE:
        return "The boot loader's information is broken: a tag is there twice.";
    case MULTIBOOT2_NO_END:
        return "The boot loader's information is broken: it has no end tag.";
    case MULTIBOOT2_COMMAND_LINE:
        return "The core's command line is longer than 255 characters. Shorten it in the boot menu.";
    case MULTIBOOT2_MODULES:
        return "There are more than 32 modules. Load fewer in the boot menu.";
    case MULTIBOOT2_MODULE_RANGE:
        return "The boot loader's information is broken: a module ends before it starts, or starts inside a "
               "page.";
    case MULTIBOOT2_MEMORY_ENTRY:
        return "The boot loader's information is broken: its memory map has entries that are too small.";
    case MULTIBOOT2_EFI_ENTRY:
        return "The boot loader's information is broken: its EFI memory map has entries that are too small.";
    case MULTIBOOT2_BOOT_SERVICES:
        return "The firmware's boot services are still running. Use a boot loader that ends them, as GRUB "
               "does.";
    case MULTIBOOT2_NO_MEMORY_MAP:
        return "The boot loader gave no memory map.";
    }
    return "The boot loader's information is broken.";
}
