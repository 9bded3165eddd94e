/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/memory.h"

/*@ predicate same_text{L}(char *a, char *b, integer n) =
      \forall integer k; 0 <= k < n ==> \at(a[k],L) != 0 && \at(a[k],L) == \at(b[k],L);
    predicate no_nul{L}(char *a, integer n) = \forall integer k; 0 <= k < n ==> \at(a[k],L) != 0;
    predicate readable{L}(char *a, integer n) = \forall integer k; 0 <= k < n ==> \valid_read{L}(a + k);
    predicate ends_at{L}(char *a, integer n) = 0 <= n && readable{L}(a, n + 1) && \at(a[n],L) == 0;
*/

/* Bytes before the NUL of `text`, at most `bound`: reads no byte at or beyond text + bound. */
/*@ requires readable(text, bound);
    assigns \nothing;
    ensures range: \result <= bound;
    ensures before: no_nul(text, \result);
    ensures there: \result < bound ==> text[\result] == 0;
*/
size_t string_length(const char *text, size_t bound);

/* Whether `length` bytes at `text` (no NUL needed) spell the NUL-terminated `word` exactly. */
/*@ requires readable(text, length);
    requires word: \exists integer n; ends_at((char *)word, n);
    assigns \nothing;
    ensures \result <==> same_text((char *)word, (char *)text, length) && word[length] == 0;
*/
bool string_is(const char *text, size_t length, const char *word);

/* Copy `length` bytes at `from`, cut at the first NUL and to `size` - 1, into `to`, which ends in NULs
 * through its whole `size` (at least 1).  Returns whether nothing was cut for want of room. */
/*@ requires size >= 1 && \valid(to + (0 .. size - 1)) && readable(from, length);
    requires apart: \separated(to + (0 .. size - 1), from + (0 .. length - 1));
    assigns to[0 .. size - 1];
    ensures copied: \exists integer n; 0 <= n < size && n <= length && same_text(to, (char *)from, n) &&
      (\forall integer k; n <= k < size ==> to[k] == 0) &&
      (\result ==> n == length || from[n] == 0) && (!\result ==> n == size - 1 && n < length && from[n] != 0);
*/
bool string_copy(char *to, size_t size, const char *from, size_t length);

#endif
