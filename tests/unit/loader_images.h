/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_LOADER_IMAGES_H
#define TESTS_UNIT_LOADER_IMAGES_H

#include <stdint.h>

/* Small kernels that are all right, for tests to break. */
enum {
    IMAGE_ELF_BYTES = 0x3000,
    IMAGE_ELF_SEGMENT_0 = 64,      /* offset of the program header of [0x1000000, +0x1800), from 0x1000 */
    IMAGE_ELF_SEGMENT_1 = 64 + 56, /* of [0x1001800, +0x10000), from 0x2800, 0x800 bytes in the file */
    IMAGE_ELF_NOTE = 64 + 2 * 56,
    IMAGE_BZIMAGE_BYTES = 0x3000, /* 3 sectors of real mode and boot sector, the rest protected mode */
    IMAGE_BZIMAGE_PART = 0x800,
};

/* Fill `image` with IMAGE_*_BYTES bytes. */
void loader_images_elf(uint8_t *image);
void loader_images_bzimage(uint8_t *image);

/* Write `bytes` (1 to 8) bytes of `value` at `at`, little-endian. */
void loader_images_put(uint8_t *at, uint64_t value, unsigned bytes);
uint64_t loader_images_get(const uint8_t *at, unsigned bytes);

#endif
