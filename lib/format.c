/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/format.h"

enum { DECIMAL_DIGITS_MAX = 20, HEX_DIGITS_MAX = 16, HEX_DIGIT_BITS = 4 };

void format_start(struct format *format, char *buffer, uint32_t size)
{
    format->text = buffer;
    format->size = size;
    format->length = 0;
    format->cut = false;
    buffer[0] = '\0';
}

void format_char(struct format *format, char character)
{
    /* Is there room for it and the NUL? */
    if (format->size - format->length < 2) {
        format->cut = true;
        return;
    }
    format->text[format->length++] = character;
    format->text[format->length] = '\0';
}

void format_text(struct format *format, const char *text)
{
    format_bounded(format, text, UINT32_MAX);
}

void format_bounded(struct format *format, const char *text, uint32_t bound)
{
    for (uint32_t i = 0; i < bound && text[i] != '\0' && !format->cut; i++) {
        format_char(format, text[i]);
    }
}

void format_printable(struct format *format, const char *text, uint32_t bound)
{
    for (uint32_t i = 0; i < bound && text[i] != '\0' && !format->cut; i++) {
        format_char(format, text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
    }
}

void format_decimal(struct format *format, uint64_t value)
{
    char digits[DECIMAL_DIGITS_MAX];
    uint32_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (count > 0) {
        format_char(format, digits[--count]);
    }
}

void format_hex(struct format *format, uint64_t value)
{
    uint32_t digits = 1;
    while (digits < HEX_DIGITS_MAX && value >> (HEX_DIGIT_BITS * digits) != 0) {
        digits++;
    }
    format_hex_digits(format, value, digits);
}

void format_hex_digits(struct format *format, uint64_t value, uint32_t digits)
{
    format_text(format, "0x");
    for (uint32_t left = digits < HEX_DIGITS_MAX ? digits : HEX_DIGITS_MAX; left > 0; left--) {
        format_char(format, "0123456789abcdef"[value >> (HEX_DIGIT_BITS * (left - 1)) & 0xf]);
    }
}
