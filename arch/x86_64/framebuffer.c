/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/framebuffer.h"

#include "arch/x86_64/font.h"

enum {
    PIXELS_MAX = 16384,  /* width and height */
    PITCH_MAX = 1 << 20, /* bytes */
    BYTES_MAX = 1 << 28, /* of the whole screen: an 8K one has 127 MiB */
    CELL_WIDTH = FONT_WIDTH + 1,
    CELL_HEIGHT = FONT_HEIGHT + 1,
    LARGE_WIDTH = 1024, /* pixels: from here on every dot is 2 by 2 pixels */
    EGA_CELL_BYTES = 2,
    EGA_GREY_ON_BLACK = 0x07,
    WHITE = 0xff, /* in every byte of a pixel: white, however its colours are laid out */
};
#define PHYSICAL_END (1ull << 52)

static uint32_t cell_bytes(const struct framebuffer_place *place)
{
    if (place->type == FRAMEBUFFER_EGA_TEXT) {
        return EGA_CELL_BYTES;
    }
    switch (place->bits_per_pixel) {
    case 15:
    case 16:
    case 24:
    case 32:
        return place->type == FRAMEBUFFER_RGB ? (place->bits_per_pixel + 7u) / 8 : 0;
    default:
        return 0;
    }
}

static uint32_t scale_of(const struct framebuffer_place *place)
{
    return place->width >= LARGE_WIDTH ? 2 : 1;
}

uint64_t framebuffer_bytes(const struct framebuffer_place *place)
{
    const uint32_t unit = cell_bytes(place);
    /* Can its kind be used, and is its size within reason? */
    if (unit == 0 || place->width > PIXELS_MAX || place->height > PIXELS_MAX || place->pitch > PITCH_MAX) {
        return 0;
    }
    /* Does a line fit into its pitch, and is there room for one character at least? */
    const bool is_text = place->type == FRAMEBUFFER_EGA_TEXT;
    if (place->width * unit > place->pitch || place->width < (is_text ? 1 : CELL_WIDTH) ||
        place->height < (is_text ? 1 : CELL_HEIGHT * scale_of(place))) {
        return 0;
    }
    const uint64_t bytes = (uint64_t)place->pitch * place->height;
    if (bytes > BYTES_MAX || place->address == 0 || place->address >= PHYSICAL_END - bytes) {
        return 0;
    }
    return bytes;
}

static void put_pixel(struct framebuffer *screen, uint32_t x, uint32_t y, uint8_t value)
{
    const uint32_t unit = cell_bytes(&screen->place);
    volatile uint8_t *at = screen->at + (uint64_t)y * screen->place.pitch + x * unit;
    for (uint32_t i = 0; i < unit; i++) {
        at[i] = value;
    }
}

static void draw_glyph(struct framebuffer *screen, uint32_t column, uint32_t row, char character)
{
    const uint32_t scale = scale_of(&screen->place);
    for (uint32_t y = 0; y < CELL_HEIGHT * scale; y++) {
        for (uint32_t x = 0; x < CELL_WIDTH * scale; x++) {
            const uint32_t dot = x / scale;
            const bool lit =
                dot < FONT_WIDTH && (font_columns[character - FONT_FIRST][dot] >> (y / scale) & 1) != 0;
            put_pixel(screen, column * CELL_WIDTH * scale + x, row * CELL_HEIGHT * scale + y,
                      lit ? WHITE : 0);
        }
    }
}

static void draw(struct framebuffer *screen, uint32_t column, uint32_t row, char character)
{
    if (screen->place.type == FRAMEBUFFER_EGA_TEXT) {
        volatile uint8_t *at = screen->at + (uint64_t)row * screen->place.pitch + column * EGA_CELL_BYTES;
        at[0] = (uint8_t)character;
        at[1] = EGA_GREY_ON_BLACK;
    } else {
        draw_glyph(screen, column, row, character);
    }
}

static void clear_row(struct framebuffer *screen, uint32_t row)
{
    for (uint32_t column = 0; column < screen->columns; column++) {
        draw(screen, column, row, ' ');
    }
}

void framebuffer_start(struct framebuffer *screen, const struct framebuffer_place *place,
                       volatile uint8_t *at)
{
    const bool is_text = place->type == FRAMEBUFFER_EGA_TEXT;
    screen->at = at;
    screen->place = *place;
    screen->columns = is_text ? place->width : place->width / (CELL_WIDTH * scale_of(place));
    screen->rows = is_text ? place->height : place->height / (CELL_HEIGHT * scale_of(place));
    screen->column = 0;
    screen->row = 0;
    for (uint32_t row = 0; row < screen->rows; row++) {
        clear_row(screen, row);
    }
}

static void begin_line(struct framebuffer *screen)
{
    screen->column = 0;
    screen->row = screen->row + 1 < screen->rows ? screen->row + 1 : 0;
    clear_row(screen, screen->row);
}

void framebuffer_put(struct framebuffer *screen, char character)
{
    if (character == '\r') {
        return;
    }
    if (character == '\n') {
        begin_line(screen);
        return;
    }
    if (screen->column == screen->columns) {
        begin_line(screen);
    }
    const bool printable = character >= FONT_FIRST && character <= FONT_LAST;
    draw(screen, screen->column++, screen->row, printable ? character : '?');
}
