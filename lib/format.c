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
    /*@ loop invariant 0 <= i <= bound;
        loop invariant ok: format_ok(format);
        loop invariant grown: grown{Pre,Here}(format, i);
        loop invariant all: format->cut == 0 ==> format->length == \at(format->length,Pre) + i;
        loop invariant copied: \forall integer k; \at(format->length,Pre) <= k < format->length ==>
          format->text[k] == text[k - \at(format->length,Pre)] && format->text[k] != 0;
        loop invariant same: \forall integer k, end; text_ok{Pre}(format, (char *)text, bound, end) ==>
          0 <= k < bound ==> k <= end ==> text[k] == \at(text[k],Pre);
        loop invariant before: \forall integer end; text_ok{Pre}(format, (char *)text, bound, end) ==> i < bound ==> i <= end;
        loop assigns i, format->length, format->cut, format->text[0 .. format->size - 1];
        loop variant bound - i; */
    for (uint32_t i = 0; i < bound && text[i] != '\0' && !format->cut; i++) {
        format_char(format, text[i]);
    }
}

/*@ assigns \nothing;
    ensures ' ' <= \result <= '~';
    ensures ' ' <= character <= '~' ==> \result == character;
*/
static char printable(char character)
{
    return character >= ' ' && character <= '~' ? character : '?';
}

void format_printable(struct format *format, const char *text, uint32_t bound)
{
    /*@ loop invariant 0 <= i <= bound;
        loop invariant ok: format_ok(format);
        loop invariant grown: grown{Pre,Here}(format, i);
        loop invariant printable: \forall integer k; \at(format->length,Pre) <= k < format->length ==> ' ' <= format->text[k] <= '~';
        loop invariant same: \forall integer k, end; text_ok{Pre}(format, (char *)text, bound, end) ==>
          0 <= k < bound ==> k <= end ==> text[k] == \at(text[k],Pre);
        loop invariant before: \forall integer end; text_ok{Pre}(format, (char *)text, bound, end) ==> i < bound ==> i <= end;
        loop assigns i, format->length, format->cut, format->text[0 .. format->size - 1];
        loop variant bound - i; */
    for (uint32_t i = 0; i < bound && text[i] != '\0' && !format->cut; i++) {
        format_char(format, printable(text[i]));
    }
}

/*@ // The largest number that n digits can be taken from.
    logic integer most(integer n) = n == 0 ? 18446744073709551615 : n == 1 ? 1844674407370955161 : n == 2 ? 184467440737095516 : 
      n == 3 ? 18446744073709551 : n == 4 ? 1844674407370955 : n == 5 ? 184467440737095 : 
      n == 6 ? 18446744073709 : n == 7 ? 1844674407370 : n == 8 ? 184467440737 : 
      n == 9 ? 18446744073 : n == 10 ? 1844674407 : n == 11 ? 184467440 : 
      n == 12 ? 18446744 : n == 13 ? 1844674 : n == 14 ? 184467 : 
      n == 15 ? 18446 : n == 16 ? 1844 : n == 17 ? 184 : 
      n == 18 ? 18 : n == 19 ? 1 : 0;
*/
void format_decimal(struct format *format, uint64_t value)
{
    char digits[DECIMAL_DIGITS_MAX];
    uint32_t count = 0;
    /*@ loop invariant left: 0 <= count <= DECIMAL_DIGITS_MAX && value <= most(count);
        loop invariant more: count == 0 || value != 0;
        loop invariant digits: \forall integer k; 0 <= k < count ==> '0' <= digits[k] <= '9';
        loop assigns value, count, digits[0 .. DECIMAL_DIGITS_MAX - 1];
        loop variant value; */
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    /*@ loop invariant 0 <= count <= DECIMAL_DIGITS_MAX;
        loop invariant ok: format_ok(format);
        loop invariant grown: grown{Pre,Here}(format, \at(count,LoopEntry) - count);
        loop invariant digits: \forall integer k; \at(format->length,Pre) <= k < format->length ==> '0' <= format->text[k] <= '9';
        loop assigns count, format->length, format->cut, format->text[0 .. format->size - 1];
        loop variant count; */
    while (count > 0) {
        format_char(format, digits[--count]);
    }
}

void format_hex(struct format *format, uint64_t value)
{
    uint32_t digits = 1;
    /*@ loop invariant 1 <= digits <= HEX_DIGITS_MAX;
        loop assigns digits;
        loop variant HEX_DIGITS_MAX - digits; */
    while (digits < HEX_DIGITS_MAX && value >> (HEX_DIGIT_BITS * digits) != 0) {
        digits++;
    }
    format_hex_digits(format, value, digits);
}

/*@ requires value < 16;
    assigns \nothing;
    ensures '0' <= \result <= '9' || 'a' <= \result <= 'f';
    ensures \result == (value < 10 ? '0' + value : 'a' + (value - 10));
*/
static char hex_digit(uint32_t value)
{
    return (char)(value < 10u ? '0' + value : 'a' + (value - 10u));
}

void format_hex_digits(struct format *format, uint64_t value, uint32_t digits)
{
    uint32_t left = digits < HEX_DIGITS_MAX ? digits : HEX_DIGITS_MAX;

    format_char(format, '0');
    format_char(format, 'x');
    /*@ loop invariant 0 <= left <= HEX_DIGITS_MAX;
        loop invariant ok: format_ok(format);
        loop invariant grown: grown{Pre,Here}(format, 2 + \at(left,LoopEntry) - left);
        loop assigns left, format->length, format->cut, format->text[0 .. format->size - 1];
        loop variant left; */
    for (; left > 0; left--) {
        format_char(format, hex_digit((uint32_t)((value >> (HEX_DIGIT_BITS * (left - 1u))) % 16u)));
    }
}
