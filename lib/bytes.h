/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_BYTES_H
#define LIB_BYTES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Input from outside, reached only through checked accessors.  Nothing outside [at, at + size) is
 * ever read: a field that is not wholly inside reads as zero.  Where the difference matters the
 * caller asks bytes_hold() first.  All numbers are little-endian and may be unaligned.
 */
struct bytes {
    const uint8_t *at;
    uint64_t size; /* bytes */
};

/* Whether the `count` bytes from `offset` on are all inside. */
static inline bool bytes_hold(struct bytes bytes, uint64_t offset, uint64_t count)
{
    return offset <= bytes.size && count <= bytes.size - offset;
}

/* The `count` bytes from `offset` on, cut to what is inside (empty where nothing is). */
static inline struct bytes bytes_part(struct bytes bytes, uint64_t offset, uint64_t count)
{
    if (offset >= bytes.size) {
        return (struct bytes){bytes.at, 0};
    }
    const uint64_t left = bytes.size - offset;
    return (struct bytes){bytes.at + offset, count < left ? count : left};
}

static inline uint8_t bytes_u8(struct bytes bytes, uint64_t offset)
{
    return bytes_hold(bytes, offset, 1) ? bytes.at[offset] : 0;
}

static inline uint16_t bytes_u16(struct bytes bytes, uint64_t offset)
{
    if (!bytes_hold(bytes, offset, 2)) {
        return 0;
    }
    return (uint16_t)(bytes.at[offset] | bytes.at[offset + 1] << 8);
}

static inline uint32_t bytes_u32(struct bytes bytes, uint64_t offset)
{
    if (!bytes_hold(bytes, offset, 4)) {
        return 0;
    }
    return bytes_u16(bytes, offset) | (uint32_t)bytes_u16(bytes, offset + 2) << 16;
}

static inline uint64_t bytes_u64(struct bytes bytes, uint64_t offset)
{
    if (!bytes_hold(bytes, offset, 8)) {
        return 0;
    }
    return bytes_u32(bytes, offset) | (uint64_t)bytes_u32(bytes, offset + 4) << 32;
}

#endif
