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

/*@ predicate format_ok{L}(struct format *f) =
      \valid{L}(f) && 1 <= \at(f->size,L) && \at(f->length,L) < \at(f->size,L) &&
      \valid{L}(\at(f->text,L) + (0 .. \at(f->size,L) - 1)) &&
      \separated(f, \at(f->text,L) + (0 .. \at(f->size,L) - 1)) && \at(f->text[f->length],L) == 0;
    // The text only grows, by at most n characters.
    predicate grown{L1,L2}(struct format *f, integer n) =
      \at(f->text,L2) == \at(f->text,L1) && \at(f->size,L2) == \at(f->size,L1) &&
      \at(f->length,L1) <= \at(f->length,L2) <= \at(f->length,L1) + n &&
      (\forall integer k; 0 <= k < \at(f->length,L1) ==> \at(f->text[k],L2) == \at(f->text[k],L1));
    // `a` may be read up to its NUL at `end`, or up to `bound`, and is not in the buffer.
    predicate text_ok{L}(struct format *f, char *a, integer bound, integer end) =
      0 <= end && (end < bound ==> \at(a[end],L) == 0) &&
      (\forall integer k; 0 <= k < bound ==> k <= end ==> \valid_read{L}(a + k) &&
        \separated(a + k, f) && \separated(a + k, \at(f->text,L) + (0 .. \at(f->size,L) - 1)));
*/

/* Begin an empty text in `buffer` of `size` bytes, at least 1. */
/*@ requires \valid(format) && size >= 1 && \valid(buffer + (0 .. size - 1));
    requires apart: \separated(format, buffer + (0 .. size - 1));
    assigns *format, buffer[0];
    ensures ok: format_ok(format);
    ensures empty: format->text == buffer && format->size == size && format->length == 0 && format->cut == 0;
*/
void format_start(struct format *format, char *buffer, uint32_t size);

/* Append one character, a NUL-terminated text, or at most `bound` bytes of a text up to its NUL. */
/*@ requires format_ok(format);
    assigns format->length, format->cut, format->text[0 .. format->size - 1];
    ensures ok: format_ok(format);
    ensures grown: grown{Pre,Post}(format, 1);
    ensures room: \old(format->size) - \old(format->length) >= 2 ==> format->length == \old(format->length) + 1 &&
      format->text[\old(format->length)] == character && format->cut == \old(format->cut);
    ensures full: \old(format->size) - \old(format->length) < 2 ==> format->length == \old(format->length) && format->cut == 1;
*/
void format_char(struct format *format, char character);
/*@ requires format_ok(format);
    requires text: \exists integer end; end < UINT32_MAX && text_ok(format, (char *)text, UINT32_MAX, end);
    assigns format->length, format->cut, format->text[0 .. format->size - 1];
    ensures ok: format_ok(format);
    ensures grown: grown{Pre,Post}(format, UINT32_MAX);
*/
void format_text(struct format *format, const char *text);
/*@ requires format_ok(format);
    requires text: \exists integer end; text_ok(format, (char *)text, bound, end);
    assigns format->length, format->cut, format->text[0 .. format->size - 1];
    ensures ok: format_ok(format);
    ensures grown: grown{Pre,Post}(format, bound);
    ensures copied: \forall integer k; \old(format->length) <= k < format->length ==>
      format->text[k] == text[k - \old(format->length)] && format->text[k] != 0;
    ensures whole: format->cut == 0 ==> format->length == \old(format->length) + bound ||
      text[format->length - \old(format->length)] == 0;
*/
void format_bounded(struct format *format, const char *text, uint32_t bound);

/* As format_bounded, with every byte that is not printable ASCII as '?': for text from outside. */
/*@ requires format_ok(format);
    requires text: \exists integer end; text_ok(format, (char *)text, bound, end);
    assigns format->length, format->cut, format->text[0 .. format->size - 1];
    ensures ok: format_ok(format);
    ensures grown: grown{Pre,Post}(format, bound);
    ensures printable: \forall integer k; \old(format->length) <= k < format->length ==> ' ' <= format->text[k] <= '~';
*/
void format_printable(struct format *format, const char *text, uint32_t bound);

/* Append a number: decimal; 0x and as few hexadecimal digits as it needs; 0x and exactly `digits`
 * (1 to 16) low hexadecimal digits. */
/*@ requires format_ok(format);
    assigns format->length, format->cut, format->text[0 .. format->size - 1];
    ensures ok: format_ok(format);
    ensures grown: grown{Pre,Post}(format, 20);
    ensures digits: \forall integer k; \old(format->length) <= k < format->length ==> '0' <= format->text[k] <= '9';
*/
void format_decimal(struct format *format, uint64_t value);
/*@ requires format_ok(format);
    assigns format->length, format->cut, format->text[0 .. format->size - 1];
    ensures ok: format_ok(format);
    ensures grown: grown{Pre,Post}(format, 18);
*/
void format_hex(struct format *format, uint64_t value);
/*@ requires format_ok(format);
    assigns format->length, format->cut, format->text[0 .. format->size - 1];
    ensures ok: format_ok(format);
    ensures grown: grown{Pre,Post}(format, 18);
*/
void format_hex_digits(struct format *format, uint64_t value, uint32_t digits);

#endif
