/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PRINT_H
#define MANAGER_PRINT_H

/*
 * A message of the manager on the console, cut at PRINT_BYTES.  Conversions:
 * %s text (const char *), %t text that is not NUL-terminated (const char *, uint32_t) with what is not
 * printable as '?', %u decimal and %x hexadecimal (both uint64_t: pass nothing narrower), %%.
 */
#define PRINT_BYTES 512u

void print(const char *words, ...);

#endif
