/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/loader_images.h"

#include <string.h>

void loader_images_put(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

uint64_t loader_images_get(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint64_t)at[i] << 8 * i;
    }
    return value;
}

static void put_segment(uint8_t *header, uint32_t type, uint64_t offset, uint64_t paddr, uint64_t in_file,
                        uint64_t in_memory)
{
    loader_images_put(header, type, 4);
    loader_images_put(header + 8, offset, 8);
    loader_images_put(header + 16, 0xffffffff80000000 + paddr, 8);
    loader_images_put(header + 24, paddr, 8);
    loader_images_put(header + 32, in_file, 8);
    loader_images_put(header + 40, in_memory, 8);
}

void loader_images_elf(uint8_t *image)
{
    for (unsigned i = 0; i < IMAGE_ELF_BYTES; i++) {
        image[i] = (uint8_t)(i * 7 + i / 256);
    }
    memset(image, 0, 64 + 3 * 56);
    memcpy(image,
           "\x7f"
           "ELF\x02\x01\x01",
           7);
    loader_images_put(image + 16, 2, 2);
    loader_images_put(image + 18, 62, 2);
    loader_images_put(image + 24, 0x1000010, 8);
    loader_images_put(image + 32, 64, 8);
    loader_images_put(image + 54, 56, 2);
    loader_images_put(image + 56, 3, 2);
    put_segment(image + IMAGE_ELF_SEGMENT_0, 1, 0x1000, 0x1000000, 0x1800, 0x1800);
    put_segment(image + IMAGE_ELF_SEGMENT_1, 1, 0x2800, 0x1001800, 0x800, 0x10000);
    put_segment(image + IMAGE_ELF_NOTE, 4, 0xffffffffff, 0, 8, 8);
}

void loader_images_bzimage(uint8_t *image)
{
    for (unsigned i = 0; i < IMAGE_BZIMAGE_BYTES; i++) {
        image[i] = (uint8_t)(i * 5 + i / 256);
    }
    image[0x1f1] = 3;
    loader_images_put(image + 0x1f4, (IMAGE_BZIMAGE_BYTES - IMAGE_BZIMAGE_PART) / 16, 4);
    loader_images_put(image + 0x1fe, 0xaa55, 2);
    image[0x200] = 0xeb;
    image[0x201] = 0x6a;
    memcpy(image + 0x202, "HdrS", 4);
    loader_images_put(image + 0x206, 0x020f, 2);
    image[0x211] = 0;
    loader_images_put(image + 0x22c, 0x7fffffff, 4);
    loader_images_put(image + 0x230, 0x200000, 4);
    loader_images_put(image + 0x236, 0x3f, 2);
    loader_images_put(image + 0x238, 2047, 4);
    loader_images_put(image + 0x258, 0x1000000, 8);
    loader_images_put(image + 0x260, 0x800000, 4);
}
