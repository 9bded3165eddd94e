/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/memory.h"

/* Bytes before the NUL of `text`, at most `bound`: reads no byte at or beyond text + bound. */
size_t string_length(const char *text, size_t bound);

/* Whether `length` bytes at `text` (no NUL needed) spell the NUL-terminated `word` exactly. */
bool string_is(const char *text, size_t length, const char *word);

/* Copy `length` bytes at `from`, cut at the first NUL and to `size` - 1, into `to`, which ends in NULs
 * through its whole `size` (at least 1).  Returns whether nothing was cut for want of room. */
bool string_copy(char *to, size_t size, const char *from, size_t length);

#endif
