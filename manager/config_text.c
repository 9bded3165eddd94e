/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/config_text.h"

#include "lib/memory.h"
#include "lib/string.h"

enum { DECIMAL = 10, HEXADECIMAL = 16, MIB_SHIFT = 20, GIB_SHIFT = 30 };
/* "00:1f.7" */
enum {
    FUNCTION_LENGTH = 7,
    FUNCTION_COLON = 2,
    FUNCTION_DOT = 5,
    DEVICES = 32,
    FUNCTIONS = 8,
};

struct config_text config_text_of(const char *at, uint64_t length)
{
    return (struct config_text){at, length < UINT32_MAX ? (uint32_t)length : UINT32_MAX};
}

bool config_text_is(struct config_text text, const char *word)
{
    return string_is(text.at, text.length, word);
}

bool config_text_same(struct config_text a, struct config_text b)
{
    return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

static bool is_space(char character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

struct config_text config_text_trim(struct config_text text)
{
    while (text.length > 0 && is_space(text.at[0])) {
        text.at++;
        text.length--;
    }
    while (text.length > 0 && is_space(text.at[text.length - 1])) {
        text.length--;
    }
    return text;
}

bool config_text_split(struct config_text text, char character, struct config_text *before,
                       struct config_text *after)
{
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.at[i] == character) {
            *before = config_text_trim((struct config_text){text.at, i});
            *after = config_text_trim((struct config_text){text.at + i + 1, text.length - i - 1});
            return true;
        }
    }
    return false;
}

bool config_text_is_name(struct config_text text)
{
    for (uint32_t i = 0; i < text.length; i++) {
        const char c = text.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
              c == '_' || c == '.')) {
            return false;
        }
    }
    return text.length > 0 && text.length <= CONFIG_NAME_MAX;
}

bool config_text_number(struct config_text text, uint64_t limit, uint64_t *number)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
        value = value * DECIMAL + (uint64_t)(text.at[i] - '0');
        if (value > limit) {
            return false;
        }
    }
    *number = value;
    return text.length > 0;
}

/* The value of a hexadecimal digit, or HEXADECIMAL. */
static uint32_t digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (uint32_t)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (uint32_t)(c - 'a') + DECIMAL;
    }
    return c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + DECIMAL : HEXADECIMAL;
}

bool config_text_function(struct config_text text, uint32_t *name)
{
    const char *at = text.at;

    if (text.length != FUNCTION_LENGTH || at[FUNCTION_COLON] != ':' || at[FUNCTION_DOT] != '.') {
        return false;
    }
    for (uint32_t i = 0; i < FUNCTION_LENGTH; i++) {
        if (i != FUNCTION_COLON && i != FUNCTION_DOT && digit(at[i]) == HEXADECIMAL) {
            return false;
        }
    }
    const uint32_t bus = digit(at[0]) * HEXADECIMAL + digit(at[1]);
    const uint32_t device = digit(at[3]) * HEXADECIMAL + digit(at[4]);
    const uint32_t function = digit(at[6]);
    if (device >= DEVICES || function >= FUNCTIONS) {
        return false;
    }
    *name = (bus * DEVICES + device) * FUNCTIONS + function;
    return true;
}

bool config_text_memory(struct config_text text, uint64_t *bytes)
{
    uint64_t count;
    if (text.length < 2) {
        return false;
    }
    const char unit = text.at[text.length - 1];
    const struct config_text digits = config_text_trim((struct config_text){text.at, text.length - 1});
    if ((unit != 'M' && unit != 'G') || !config_text_number(digits, CONFIG_MEMORY_MAX >> MIB_SHIFT, &count)) {
        return false;
    }
    *bytes = count << (unit == 'M' ? MIB_SHIFT : GIB_SHIFT);
    return *bytes >= CONFIG_MEMORY_MIN && *bytes <= CONFIG_MEMORY_MAX;
}
