/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_FRAMEBUFFER_H
#define ARCH_X86_64_FRAMEBUFFER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Text on the screen where there is no serial port: refusals and panics.  Pure over a mapped pointer.
 * Values are those of the Multiboot2 Specification, "Framebuffer info".
 */
enum framebuffer_type { FRAMEBUFFER_INDEXED = 0, FRAMEBUFFER_RGB = 1, FRAMEBUFFER_EGA_TEXT = 2 };

/* Where the boot loader says the screen is. */
struct framebuffer_place {
    uint64_t address; /* physical */
    uint32_t pitch;   /* bytes from a line to the next */
    uint32_t width;   /* pixels; characters in EGA text */
    uint32_t height;
    uint8_t bits_per_pixel;
    uint8_t type; /* enum framebuffer_type */
};

/* A screen that can be written. */
struct framebuffer {
    volatile uint8_t *at;
    struct framebuffer_place place;
    uint32_t columns; /* characters */
    uint32_t rows;
    uint32_t column; /* where the next character goes */
    uint32_t row;
};

/* Bytes to map from place->address on, or 0 where this kind of screen cannot be used: unknown type, bits
 * per pixel other than 15, 16, 24 or 32, lines longer than the pitch, or a size or address beyond reason. */
uint64_t framebuffer_bytes(const struct framebuffer_place *place);

/* Clear the screen mapped at `at` (framebuffer_bytes() long, not 0) and begin at its top. */
void framebuffer_start(struct framebuffer *screen, const struct framebuffer_place *place,
                       volatile uint8_t *at);

/* Write a character (printable ASCII; '\n' begins a line, '\r' is ignored, others show as '?').
 * Below the last line the text goes on at the top, and the line it comes to is cleared. */
void framebuffer_put(struct framebuffer *screen, char character);

#endif
