/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "arch/x86_64/font.h"
#include "arch/x86_64/framebuffer.h"

static struct framebuffer screen;

/* A screen in an allocation of its exact size, as untidy as firmware leaves it. */
static uint8_t *begin(const struct framebuffer_place *place)
{
    const uint64_t bytes = framebuffer_bytes(place);
    assert_true(bytes > 0);
    uint8_t *at = malloc(bytes);
    memset(at, 0x5a, bytes);
    framebuffer_start(&screen, place, at);
    return at;
}

static void say(const char *text)
{
    for (; *text != '\0'; text++) {
        framebuffer_put(&screen, *text);
    }
}

static const struct framebuffer_place ega = {0xb8000, 160, 80, 25, 16, FRAMEBUFFER_EGA_TEXT};

static void ega_text(void **state)
{
    uint8_t *at = begin(&ega);
    for (uint32_t i = 0; i < 80 * 25; i++) {
        assert_int_equal(at[2 * i], ' ');
        assert_int_equal(at[2 * i + 1], 0x07);
    }
    say("Bulkhead: no VMX\r\nhalt\x01\x80");
    assert_int_equal(at[0], 'B');
    assert_int_equal(at[2 * 15], 'X');
    assert_int_equal(at[160], 'h');
    assert_int_equal(at[160 + 8], '?');
    assert_int_equal(at[160 + 10], '?');
    free(at);
}

static void long_lines_and_long_texts_go_on(void **state)
{
    uint8_t *at = begin(&ega);
    for (uint32_t i = 0; i < 81; i++) {
        say("x");
    }
    assert_int_equal(at[2 * 79], 'x');
    assert_int_equal(at[160], 'x');
    assert_int_equal(at[162], ' ');
    for (uint32_t line = 2; line < 26; line++) {
        say("\n");
        framebuffer_put(&screen, (char)('a' + line));
    }
    /* The 26th line came to the top, which was cleared for it. */
    assert_int_equal(at[0], 'a' + 25);
    assert_int_equal(at[2], ' ');
    assert_int_equal(at[24 * 160], 'a' + 24);
    free(at);
}

/* The picture of text on every kind of pixels is the font's. */
static void glyphs_on_every_depth(void **state)
{
    const uint8_t depths[] = {15, 16, 24, 32};
    const char text[] = "Panic ~!";
    for (uint32_t kind = 0; kind < 8; kind++) {
        const uint32_t bits = depths[kind % 4];
        const uint32_t unit = (bits + 7) / 8;
        const uint32_t scale = kind < 4 ? 1 : 2;
        const uint32_t width = kind < 4 ? 123 : 1029;
        const struct framebuffer_place place = {0x1000, width * unit + 5, width,
                                                37,     (uint8_t)bits,    FRAMEBUFFER_RGB};
        uint8_t *at = begin(&place);
        say(text);
        for (uint32_t y = 0; y < 8 * scale; y++) {
            for (uint32_t x = 0; x < 6 * scale * strlen(text); x++) {
                const char character = text[x / (6 * scale)];
                const uint32_t column = x / scale % 6;
                const bool lit = column < 5 && (font_columns[character - ' '][column] >> (y / scale) & 1);
                for (uint32_t byte = 0; byte < unit; byte++) {
                    assert_int_equal(at[y * place.pitch + x * unit + byte], lit ? 0xff : 0);
                }
            }
            assert_int_equal(at[y * place.pitch + width * unit], 0x5a); /* between lines: not ours */
        }
        for (uint32_t i = 0; i < 3000; i++) {
            framebuffer_put(&screen, (char)i); /* ASan watches */
        }
        free(at);
    }
}

static void unusable_screens(void **state)
{
    const struct framebuffer_place good = {0xc0000000, 4096, 1024, 768, 32, FRAMEBUFFER_RGB};
    assert_int_equal(framebuffer_bytes(&good), 4096 * 768);
    const struct framebuffer_place bad[] = {
        {0xc0000000, 4096, 1024, 768, 32, FRAMEBUFFER_INDEXED},
        {0xc0000000, 4096, 1024, 768, 32, 3},
        {0xc0000000, 4096, 1024, 768, 8, FRAMEBUFFER_RGB},
        {0xc0000000, 4096, 1024, 768, 0, FRAMEBUFFER_RGB},
        {0xc0000000, 4096, 1024, 768, 255, FRAMEBUFFER_RGB},
        {0xc0000000, 4095, 1024, 768, 32, FRAMEBUFFER_RGB}, /* lines overlap */
        {0xc0000000, 0, 1024, 768, 32, FRAMEBUFFER_RGB},
        {0xc0000000, 4096, 1024, 15, 32, FRAMEBUFFER_RGB}, /* no room for a character */
        {0xc0000000, 4096, 5, 768, 32, FRAMEBUFFER_RGB},
        {0xc0000000, 4096, 0, 0, 32, FRAMEBUFFER_RGB},
        {0xc0000000, 4096, 0x40000001, 768, 32, FRAMEBUFFER_RGB}, /* times 4 wraps to 4 */
        {0xc0000000, 65536, 1024, 8192, 32, FRAMEBUFFER_RGB},     /* 512 MiB */
        {0, 4096, 1024, 768, 32, FRAMEBUFFER_RGB},
        {1ull << 52, 4096, 1024, 768, 32, FRAMEBUFFER_RGB},
        {UINT64_MAX - 4095, 4096, 1024, 768, 32, FRAMEBUFFER_RGB},
        {0xb8000, 158, 80, 25, 16, FRAMEBUFFER_EGA_TEXT},
        {0xb8000, 160, 80, 0, 16, FRAMEBUFFER_EGA_TEXT},
        {0xb8000, 160, 0, 25, 16, FRAMEBUFFER_EGA_TEXT},
    };
    for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(framebuffer_bytes(&bad[i]), 0);
    }
}

static void every_glyph_is_there_and_differs(void **state)
{
    for (uint32_t a = 0; a < FONT_GLYPHS; a++) {
        for (uint32_t column = 0; column < FONT_WIDTH; column++) {
            assert_true(font_columns[a][column] < 0x80);
        }
        for (uint32_t b = 0; b < a; b++) {
            assert_memory_not_equal(font_columns[a], font_columns[b], FONT_WIDTH);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ega_text),
        cmocka_unit_test(long_lines_and_long_texts_go_on),
        cmocka_unit_test(glyphs_on_every_depth),
        cmocka_unit_test(unusable_screens),
        cmocka_unit_test(every_glyph_is_there_and_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
