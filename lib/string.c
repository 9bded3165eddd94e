/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/string.h"

size_t string_length(const char *text, size_t bound)
{
    size_t length = 0;
    while (length < bound && text[length] != '\0') {
        length++;
    }
    return length;
}

bool string_is(const char *text, size_t length, const char *word)
{
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
    memcpy(to, from, kept);
    memset(to + kept, 0, size - kept);
    return kept == whole;
}
