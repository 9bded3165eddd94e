/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/string.h"

size_t string_length(const char *text, size_t bound)
{
    size_t length = 0;
    /*@ loop invariant 0 <= length <= bound;
        loop invariant no_nul((char *)text, length);
        loop assigns length;
        loop variant bound - length; */
    while (length < bound && text[length] != '\0') {
        length++;
    }
    return length;
}

bool string_is(const char *text, size_t length, const char *word)
{
    /*@ loop invariant 0 <= i <= length;
        loop invariant same_text((char *)word, (char *)text, i);
        loop assigns i;
        loop variant length - i; */
    for (size_t i = 0; i < length; i++) {
        if (word[i] == '\0' || text[i] != word[i]) {
            return false;
        }
    }
    return word[length] == '\0';
}

bool string_copy(char *to, size_t size, const char *from, size_t length)
{
    const size_t whole = string_length(from, length);
    const size_t kept = whole < size ? whole : size - 1;

    /*@ loop invariant 0 <= i <= kept;
        loop invariant same_text(to, (char *)from, i);
        loop assigns i, to[0 .. size - 1];
        loop variant kept - i; */
    for (size_t i = 0; i < kept; i++) {
        to[i] = from[i];
    }
    /*@ loop invariant kept <= i <= size;
        loop invariant same_text(to, (char *)from, kept);
        loop invariant \forall integer k; kept <= k < i ==> to[k] == 0;
        loop assigns i, to[0 .. size - 1];
        loop variant size - i; */
    for (size_t i = kept; i < size; i++) {
        to[i] = '\0';
    }
    return kept == whole;
}
