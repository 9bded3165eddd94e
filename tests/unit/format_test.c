/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/format.h"

static uint64_t random_state = 0x9e3779b97f4a7c15ull;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state >> (random_state & 63);
}

/* Against the C library, on random and on border values. */
static void numbers_equal_printf(void **state)
{
    const uint64_t borders[] = {0, 1, 9, 10, 15, 16, 99, 100, 0xfffffffful, 1ull << 63, UINT64_MAX};
    for (uint32_t i = 0; i < 2000; i++) {
        const uint64_t value = i < sizeof(borders) / sizeof(borders[0]) ? borders[i] : random_next();
        char expected[128];
        char actual[128];
        struct format format;
        snprintf(expected, sizeof(expected), "%lu 0x%lx 0x%08x 0x%016lx", value, value, (uint32_t)value,
                 value);
        format_start(&format, actual, sizeof(actual));
        format_decimal(&format, value);
        format_char(&format, ' ');
        format_hex(&format, value);
        format_text(&format, " ");
        format_hex_digits(&format, (uint32_t)value, 8);
        format_text(&format, " ");
        format_hex_digits(&format, value, 16);
        assert_string_equal(actual, expected);
        assert_int_equal(format.length, strlen(expected));
        assert_false(format.cut);
    }
}

/* Every size of buffer holds the right beginning, and nothing beyond it is written. */
static void cut_to_every_size(void **state)
{
    const char whole[] = "frame 1234567 at 0xdeadbeef";
    for (uint32_t size = 1; size <= sizeof(whole) + 2; size++) {
        char *exact = malloc(size);
        struct format format;
        format_start(&format, exact, size);
        format_text(&format, "frame ");
        format_decimal(&format, 1234567);
        format_text(&format, " at ");
        format_hex(&format, 0xdeadbeef);
        const size_t kept = size - 1 < strlen(whole) ? size - 1 : strlen(whole);
        assert_int_equal(format.length, kept);
        assert_memory_equal(exact, whole, kept);
        assert_int_equal(exact[kept], 0);
        assert_int_equal(format.cut, kept < strlen(whole));
        free(exact);
    }
}

static void text_from_outside_is_bounded_and_printable(void **state)
{
    const char hostile[6] = {'o', 'k', '\x1b', '\x80', '\n', '~'};
    char actual[16];
    struct format format;
    format_start(&format, actual, sizeof(actual));
    format_printable(&format, hostile, sizeof(hostile));
    assert_string_equal(actual, "ok???~");
    format_start(&format, actual, sizeof(actual));
    format_bounded(&format, hostile, 2);
    assert_string_equal(actual, "ok");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_equal_printf),
        cmocka_unit_test(cut_to_every_size),
        cmocka_unit_test(text_from_outside_is_bounded_and_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
