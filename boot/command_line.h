/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_COMMAND_LINE_H
#define BOOT_COMMAND_LINE_H

#include <stdbool.h>
#include <stdint.h>

/* A piece of the command line: `length` bytes from `at` on, no NUL. */
struct command_line_word {
    const char *at;
    uint32_t length;
};

/*
 * The core's command line is words `key` or `key=value` between blanks.  `line` is NUL-terminated within
 * its `bound` bytes, or all of them count.  Where a key is there twice, the last one counts.
 */

/* Whether `key` is there; *value is then what follows its '=' (length 0 where nothing does). */
bool command_line_find(const char *line, uint32_t bound, const char *key, struct command_line_word *value);

/* Whether `key=value` is what the line says of `key`. */
bool command_line_says(const char *line, uint32_t bound, const char *key, const char *value);

#endif
