/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/loader_bzimage.h"

#include "lib/addr.h"

enum {
    HEADER_SETUP_SECTS = 0x1f1,
    HEADER_SYSSIZE = 0x1f4, /* of the protected-mode part, in 16-byte units */
    HEADER_JUMP_LENGTH = 0x201,
    HEADER_MAGIC = 0x202,
    HEADER_VERSION = 0x206,
    HEADER_INITRD_ADDR_MAX = 0x22c,
    HEADER_XLOADFLAGS = 0x236,
    HEADER_PREF_ADDRESS = 0x258,
    HEADER_INIT_SIZE = 0x260,
    HEADER_FIELDS_END = 0x264,

    MAGIC_HDRS = 0x53726448,
    VERSION_2_12 = 0x020c, /* the first with xloadflags */
    XLF_KERNEL_64 = 1 << 0,
    SECTOR_BYTES = 512,
    SETUP_SECTS_DEFAULT = 4,
    SYSSIZE_UNIT = 16,
    ENTRY_64 = 0x200, /* from the start of the protected-mode part */
};

bool loader_bzimage_is(struct bytes image)
{
    return bytes_u32(image, HEADER_MAGIC) == MAGIC_HDRS;
}

/* The part after the real-mode sectors; empty where it is not all there. */
static struct bytes protected_mode_part(struct bytes image)
{
    const uint8_t sectors = bytes_u8(image, HEADER_SETUP_SECTS);
    const uint64_t offset = ((sectors != 0 ? sectors : SETUP_SECTS_DEFAULT) + 1ull) * SECTOR_BYTES;
    const uint64_t size = (uint64_t)bytes_u32(image, HEADER_SYSSIZE) * SYSSIZE_UNIT;
    const struct bytes part = bytes_part(image, offset, size);
    return part.size + SYSSIZE_UNIT > size ? part : (struct bytes){image.at, 0};
}

enum loader_status loader_bzimage_plan(struct bytes image, uint64_t low_end, struct load_plan *plan,
                                       struct loader_kernel *kernel)
{
    const uint64_t header_end = HEADER_MAGIC + (uint64_t)bytes_u8(image, HEADER_JUMP_LENGTH);
    const uint64_t place = bytes_u64(image, HEADER_PREF_ADDRESS);
    const uint64_t needed = bytes_u32(image, HEADER_INIT_SIZE);
    const struct bytes part = protected_mode_part(image);

    /* Is it of a version that says it has a 64-bit entry point? */
    if (bytes_u16(image, HEADER_VERSION) < VERSION_2_12 ||
        !(bytes_u16(image, HEADER_XLOADFLAGS) & XLF_KERNEL_64)) {
        return LOADER_BZIMAGE_OLD;
    }
    /* Are the header and the kernel all there, and does boot_params have room for the header? */
    if (header_end < HEADER_FIELDS_END || header_end > SETUP_HEADER_END_MAX ||
        !bytes_hold(image, 0, header_end) || part.size <= ENTRY_64) {
        return LOADER_BZIMAGE_BROKEN;
    }
    /* Is there memory where it wants to be, for as much as it says it needs? */
    if (place % FRAME_SIZE != 0 || place < GUEST_RAM1 || place > low_end || needed > low_end - place ||
        part.size > needed) {
        return LOADER_MEMORY;
    }
    if (!load_plan_add(plan, place, part)) {
        return LOADER_BZIMAGE_BROKEN;
    }
    *kernel = (struct loader_kernel){
        .entry = place + ENTRY_64,
        .end = place + needed,
        .initrd_end_max = bytes_u32(image, HEADER_INITRD_ADDR_MAX) + 1ull,
        .setup_header = bytes_part(image, SETUP_HEADER, header_end - SETUP_HEADER),
    };
    return LOADER_OK;
}
