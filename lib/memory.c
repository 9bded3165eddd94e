/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/memory.h"

#include <stdint.h>

/* Without this gcc would recognise the loops below and turn memcpy into a call of memcpy. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

typedef uint64_t __attribute__((may_alias, aligned(1))) word_t;

static void copy_upwards(uint8_t *to, const uint8_t *from, size_t bytes)
{
    size_t done = 0;
    for (; bytes - done >= sizeof(word_t); done += sizeof(word_t)) {
        *(word_t *)(to + done) = *(const word_t *)(from + done);
    }
    for (; done < bytes; done++) {
        to[done] = from[done];
    }
}

static void copy_downwards(uint8_t *to, const uint8_t *from, size_t bytes)
{
    size_t left = bytes;
    for (; left >= sizeof(word_t); left -= sizeof(word_t)) {
        *(word_t *)(to + left - sizeof(word_t)) = *(const word_t *)(from + left - sizeof(word_t));
    }
    for (; left > 0; left--) {
        to[left - 1] = from[left - 1];
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    copy_upwards(to, from, bytes);
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    /* Would copying upwards overwrite what is still to be read? */
    if ((uintptr_t)to - (uintptr_t)from < bytes) {
        copy_downwards(to, from, bytes);
    } else {
        copy_upwards(to, from, bytes);
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    uint8_t *at = to;
    const uint64_t word = (uint8_t)value * 0x0101010101010101ull;
    size_t done = 0;
    for (; bytes - done >= sizeof(word_t); done += sizeof(word_t)) {
        *(word_t *)(at + done) = word;
    }
    for (; done < bytes; done++) {
        at[done] = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t bytes)
{
    const uint8_t *a = left;
    const uint8_t *b = right;
    for (size_t i = 0; i < bytes; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}
