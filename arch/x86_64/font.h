/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_FONT_H
#define ARCH_X86_64_FONT_H

#include <stdint.h>

/* The printable ASCII characters on the common matrix of 5 by 7 dots. */
enum {
    FONT_WIDTH = 5,
    FONT_HEIGHT = 7,
    FONT_FIRST = ' ',
    FONT_LAST = '~',
    FONT_GLYPHS = FONT_LAST - FONT_FIRST + 1
};

/* font_columns[character - FONT_FIRST][column]: bit 0 is the top dot, bit 6 the lowest. */
extern const uint8_t font_columns[FONT_GLYPHS][FONT_WIDTH];

#endif
