/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_FORMAT_H
#define LIB_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Text put together in a buffer of fixed size: for the boot log, panics and the manager.
 * The text is NUL-terminated after every call; what does not fit is cut, and `cut` says so.
 */
struct format {
    char *text;      /* the caller's buffer */
    uint32_t size;   /* of the buffer, bytes, at least 1 */
    uint32_t length; /* of the text, without the NUL; below size */
    bool cut;        /* something did not fit */
};

/* Begin an empty text in `buffer` of `size` bytes, at least 1. */
void format_start(struct format *format, char *buffer, uint32_t size);

/* Append one character, a NUL-terminated text, or at most `bound` bytes of a text up to its NUL. */
void format_char(struct format *format, char character);
void format_text(struct format *format, const char *text);
void format_bounded(struct format *format, const char *text, uint32_t bound);

/* As format_bounded, with every byte that is not printable ASCII as '?': for text from outside. */
void format_printable(struct format *format, const char *text, uint32_t bound);

/* Append a number: decimal; 0x and as few hexadecimal digits as it needs; 0x and exactly `digits`
 * (1 to 16) low hexadecimal digits. */
void format_decimal(struct format *format, uint64_t value);
void format_hex(struct format *format, uint64_t value);
void format_hex_digits(struct format *format, uint64_t value, uint32_t digits);

#endif
