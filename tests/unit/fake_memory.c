/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/fake_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/boot_memory.h"

enum { PIECES_MAX = 1024 };

static struct piece {
    uint64_t address;
    size_t bytes;
    uint8_t *at;
} pieces[PIECES_MAX];
static uint32_t piece_count;

void fake_memory_clear(void)
{
    for (uint32_t i = 0; i < piece_count; i++) {
        free(pieces[i].at);
    }
    piece_count = 0;
}

uint8_t *fake_memory_put(uint64_t address, const void *from, size_t bytes)
{
    if (piece_count == PIECES_MAX) {
        abort();
    }
    struct piece *piece = &pieces[piece_count++];
    *piece = (struct piece){address, bytes, malloc(bytes > 0 ? bytes : 1)};
    if (from != NULL) {
        memcpy(piece->at, from, bytes);
    } else {
        memset(piece->at, 0, bytes);
    }
    return piece->at;
}

uint8_t *fake_memory_piece(uint64_t address, size_t *bytes)
{
    for (uint32_t i = 0; i < piece_count; i++) {
        if (pieces[i].address == address) {
            *bytes = pieces[i].bytes;
            return pieces[i].at;
        }
    }
    return NULL;
}

uint8_t *fake_memory_find(const char *signature, size_t *bytes)
{
    for (uint32_t i = 0; i < piece_count; i++) {
        if (pieces[i].bytes >= strlen(signature) && memcmp(pieces[i].at, signature, strlen(signature)) == 0) {
            *bytes = pieces[i].bytes;
            return pieces[i].at;
        }
    }
    return NULL;
}

bool fake_memory_load(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    uint64_t address;
    uint32_t bytes;
    bool good = true;
    while (good && fread(&address, sizeof(address), 1, file) == 1) {
        good = fread(&bytes, sizeof(bytes), 1, file) == 1 && bytes < 1 << 20;
        good = good && fread(fake_memory_put(address, NULL, bytes), 1, bytes, file) == bytes;
    }
    fclose(file);
    return good && piece_count > 0;
}

const void *boot_memory(uint64_t address, uint64_t bytes)
{
    for (uint32_t i = 0; i < piece_count; i++) {
        const struct piece *piece = &pieces[i];
        if (address >= piece->address && address - piece->address <= piece->bytes &&
            bytes <= piece->bytes - (address - piece->address)) {
            return piece->at + (address - piece->address);
        }
    }
    return NULL;
}
