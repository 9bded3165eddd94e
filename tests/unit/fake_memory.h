/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_FAKE_MEMORY_H
#define TESTS_UNIT_FAKE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A fake of physical memory behind boot_memory(): pieces, each an allocation of its exact size, so that ASan
 * sees one byte too many.  What is in no piece is out of reach. */
void fake_memory_clear(void);

/* A copy of `bytes` bytes at physical `address` (zeros where `from` is NULL); returns where it can be changed. */
uint8_t *fake_memory_put(uint64_t address, const void *from, size_t bytes);

/* The piece at exactly this address, its size in *bytes; NULL where there is none. */
uint8_t *fake_memory_piece(uint64_t address, size_t *bytes);

/* The first piece that begins with these characters. */
uint8_t *fake_memory_find(const char *signature, size_t *bytes);

/* Put the pieces of a file that tests/unit/data/capture.py made. */
bool fake_memory_load(const char *path);

#endif
