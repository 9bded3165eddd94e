/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_CONFIG_TEXT_H
#define MANAGER_CONFIG_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#define CONFIG_NAME_MAX   32u           /* bytes of a guest's name */
#define CONFIG_MEMORY_MIN (32ull << 20) /* bytes */
#define CONFIG_MEMORY_MAX (512ull << 30)

/* Part of the configuration's text: not NUL-terminated. */
struct config_text {
    const char *at;
    uint32_t length;
};

/* `length` bytes at `at`, cut to what a config_text can hold. */
struct config_text config_text_of(const char *at, uint64_t length);

bool config_text_is(struct config_text text, const char *word);
bool config_text_same(struct config_text a, struct config_text b);

/* Without the spaces, tabs and carriage returns around it. */
struct config_text config_text_trim(struct config_text text);

/* The trimmed texts before and after the first `character`.  False where there is none. */
bool config_text_split(struct config_text text, char character, struct config_text *before,
                       struct config_text *after);

/* 1 to CONFIG_NAME_MAX letters, digits, '-', '_', '.'. */
bool config_text_is_name(struct config_text text);

/* A decimal number of at most `limit` (below 2^60), without sign.  False where it is anything else. */
bool config_text_number(struct config_text text, uint64_t limit, uint64_t *number);

/* A PCI function as BUS:DEVICE.FUNCTION, hexadecimal, two, two and one digits, as lspci writes it: its name of
 * abi/hypercall.h, of segment group 0.  False where it is anything else. */
bool config_text_function(struct config_text text, uint32_t *name);

/* A number followed by M or G, from CONFIG_MEMORY_MIN to CONFIG_MEMORY_MAX: bytes.  False where it is
 * anything else. */
bool config_text_memory(struct config_text text, uint64_t *bytes);

#endif
