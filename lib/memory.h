/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_MEMORY_H
#define LIB_MEMORY_H

#include <stddef.h>

/*
 * The four functions the compiler itself may call, with their C11 contracts ("String handling").
 * They trust their caller: sizes that come from outside are checked before.
 */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *left, const void *right, size_t bytes);

#endif
