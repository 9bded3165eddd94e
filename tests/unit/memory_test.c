/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

/* Ours under other names, beside the C library's. */
#define memcpy  our_memcpy
#define memmove our_memmove
#define memset  our_memset
#define memcmp  our_memcmp
#undef LIB_MEMORY_H
#include "lib/memory.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp

enum { AREA = 64, SIZES = 40 };

static void fill(uint8_t *area, uint8_t first)
{
    for (uint32_t i = 0; i < AREA; i++) {
        area[i] = (uint8_t)(first + i * 37);
    }
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

/* Every place, every overlap, every small size: the same bytes as the C library leaves. */
static void moves_equal_the_library(void **state)
{
    for (uint32_t to = 0; to <= AREA - SIZES; to++) {
        for (uint32_t from = 0; from <= AREA - SIZES; from++) {
            for (uint32_t bytes = 0; bytes <= SIZES; bytes++) {
                uint8_t ours[AREA];
                uint8_t theirs[AREA];
                fill(ours, 1);
                fill(theirs, 1);
                assert_ptr_equal(our_memmove(ours + to, ours + from, bytes), ours + to);
                memmove(theirs + to, theirs + from, bytes);
                assert_memory_equal(ours, theirs, AREA);
            }
        }
    }
}

static void copies_and_sets_equal_the_library(void **state)
{
    uint8_t source[AREA];
    fill(source, 9);
    for (uint32_t at = 0; at <= AREA - SIZES; at++) {
        for (uint32_t bytes = 0; bytes <= SIZES; bytes++) {
            uint8_t ours[AREA] = {0};
            uint8_t theirs[AREA] = {0};
            assert_ptr_equal(our_memcpy(ours + at, source + 3, bytes), ours + at);
            memcpy(theirs + at, source + 3, bytes);
            assert_memory_equal(ours, theirs, AREA);
            assert_ptr_equal(our_memset(ours + at, 0x1a5 + (int)bytes, bytes), ours + at);
            memset(theirs + at, 0x1a5 + (int)bytes, bytes);
            assert_memory_equal(ours, theirs, AREA);
        }
    }
}

static void compares_equal_the_library(void **state)
{
    uint8_t left[SIZES];
    uint8_t right[SIZES];
    for (uint32_t differs = 0; differs < SIZES; differs++) {
        for (uint32_t bytes = 0; bytes <= SIZES; bytes++) {
            memset(left, 0x80, SIZES);
            memset(right, 0x80, SIZES);
            right[differs] = (uint8_t)(differs & 1 ? 0xff : 0x01);
            assert_int_equal(sign(our_memcmp(left, right, bytes)), sign(memcmp(left, right, bytes)));
            assert_int_equal(sign(our_memcmp(right, left, bytes)), sign(memcmp(right, left, bytes)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves_equal_the_library),
        cmocka_unit_test(copies_and_sets_equal_the_library),
        cmocka_unit_test(compares_equal_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
