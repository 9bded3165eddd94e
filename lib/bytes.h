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

/*@ predicate bytes_ok{L}(struct bytes b) = \valid_read{L}(b.at + (0 .. b.size - 1));
    predicate inside(struct bytes b, integer offset, integer count) = offset + count <= b.size;
*/

/* Whether the `count` bytes from `offset` on are all inside. */
/*@ assigns \nothing;
    ensures \result <==> inside(bytes, offset, count);
*/
static inline bool bytes_hold(struct bytes bytes, uint64_t offset, uint64_t count)
{
    return offset <= bytes.size && count <= bytes.size - offset;
}

/* The `count` bytes from `offset` on, cut to what is inside (empty where nothing is). */
/*@ requires bytes_ok(bytes);
    assigns \nothing;
    ensures ok: bytes_ok(\result);
    ensures outside: offset >= bytes.size ==> \result.size == 0;
    ensures part: offset < bytes.size ==> \result.at == bytes.at + offset && \result.size == \min(count, bytes.size - offset);
*/
static inline struct bytes bytes_part(struct bytes bytes, uint64_t offset, uint64_t count)
{
    struct bytes part = {bytes.at, 0};

    if (offset < bytes.size) {
        part.at = bytes.at + offset;
        part.size = count < bytes.size - offset ? count : bytes.size - offset;
    }
    return part;
}

/*@ requires bytes_ok(bytes);
    assigns \nothing;
    ensures none: !inside(bytes, offset, 1) ==> \result == 0;
    ensures value: inside(bytes, offset, 1) ==> \result == bytes.at[offset];
*/
static inline uint8_t bytes_u8(struct bytes bytes, uint64_t offset)
{
    return bytes_hold(bytes, offset, 1) ? bytes.at[offset] : 0;
}

/*@ requires bytes_ok(bytes);
    assigns \nothing;
    ensures none: !inside(bytes, offset, 2) ==> \result == 0;
    ensures value: inside(bytes, offset, 2) ==> \result == bytes.at[offset] + bytes.at[offset + 1] * 256;
*/
static inline uint16_t bytes_u16(struct bytes bytes, uint64_t offset)
{
    if (!bytes_hold(bytes, offset, 2)) {
        return 0;
    }
    return (uint16_t)(bytes.at[offset] + bytes.at[offset + 1] * 0x100u);
}

/*@ requires bytes_ok(bytes);
    assigns \nothing;
    ensures none: !inside(bytes, offset, 4) ==> \result == 0;
    ensures value: inside(bytes, offset, 4) ==> \result == bytes.at[offset] + bytes.at[offset + 1] * 0x100 +
      bytes.at[offset + 2] * 0x10000 + bytes.at[offset + 3] * 0x1000000;
*/
static inline uint32_t bytes_u32(struct bytes bytes, uint64_t offset)
{
    if (!bytes_hold(bytes, offset, 4)) {
        return 0;
    }
    return bytes_u16(bytes, offset) + bytes_u16(bytes, offset + 2) * 0x10000u;
}

/*@ requires bytes_ok(bytes);
    assigns \nothing;
    ensures none: !inside(bytes, offset, 8) ==> \result == 0;
    ensures value: inside(bytes, offset, 8) ==> \result == bytes.at[offset] + bytes.at[offset + 1] * 0x100 +
      bytes.at[offset + 2] * 0x10000 + bytes.at[offset + 3] * 0x1000000 + bytes.at[offset + 4] * 0x100000000 +
      bytes.at[offset + 5] * 0x10000000000 + bytes.at[offset + 6] * 0x1000000000000 + bytes.at[offset + 7] * 0x100000000000000;
*/
static inline uint64_t bytes_u64(struct bytes bytes, uint64_t offset)
{
    if (!bytes_hold(bytes, offset, 8)) {
        return 0;
    }
    return bytes_u32(bytes, offset) + bytes_u32(bytes, offset + 4) * 0x100000000ull;
}

#endif
