/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/command_line.h"

#include "lib/string.h"

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

/* The next word at or after *at, which moves behind it. */
static bool next_word(const char *line, uint32_t length, uint32_t *at, struct command_line_word *word)
{
    uint32_t start = *at;
    while (start < length && is_blank(line[start])) {
        start++;
    }
    uint32_t end = start;
    while (end < length && !is_blank(line[end])) {
        end++;
    }
    *at = end;
    *word = (struct command_line_word){line + start, end - start};
    return end > start;
}

bool command_line_find(const char *line, uint32_t bound, const char *key, struct command_line_word *value)
{
    const uint32_t length = (uint32_t)string_length(line, bound);
    struct command_line_word word;
    uint32_t at = 0;
    bool found = false;
    while (next_word(line, length, &at, &word)) {
        uint32_t name = 0;
        while (name < word.length && word.at[name] != '=') {
            name++;
        }
        if (string_is(word.at, name, key)) {
            const uint32_t skipped = name < word.length ? name + 1 : name;
            *value = (struct command_line_word){word.at + skipped, word.length - skipped};
            found = true;
        }
    }
    return found;
}

bool command_line_says(const char *line, uint32_t bound, const char *key, const char *value)
{
    struct command_line_word word;
    return command_line_find(line, bound, key, &word) && string_is(word.at, word.length, value);
}
