/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/memory_oracle.h"

#include <string.h>

#include "lib/limits.h"

typedef unsigned __int128 wide_t; /* nothing wraps in here */

static uint64_t field(const struct boot_entries *entries, uint64_t index, uint64_t offset, size_t bytes)
{
    uint64_t value = 0;
    memcpy(&value, entries->bytes.at + index * entries->stride + offset, bytes);
    return value;
}

static bool touches(wide_t address, wide_t bytes, uint64_t frame)
{
    return bytes > 0 && address < ((wide_t)frame + 1) * 4096 && address + bytes > (wide_t)frame * 4096;
}

static bool covers(wide_t address, wide_t bytes, uint64_t frame)
{
    return address + bytes < (wide_t)1 << 64 && address <= (wide_t)frame * 4096 &&
           address + bytes >= ((wide_t)frame + 1) * 4096;
}

static bool efi_forbids(const struct boot_entries *efi, uint64_t frame)
{
    for (uint64_t i = 0; i < efi->count; i++) {
        const uint64_t type = field(efi, i, 0, 4);
        const uint64_t attribute = field(efi, i, 32, 8);
        const bool ordinary = (type == 1 || type == 2 || type == 3 || type == 4 || type == 7) &&
                              (attribute & 8) && !(attribute & (1ull << 63)) && !(attribute & 0x8000) &&
                              !(attribute & 0x40000);
        if (!ordinary && touches(field(efi, i, 8, 8), (wide_t)field(efi, i, 24, 8) * 4096, frame)) {
            return true;
        }
    }
    return false;
}

bool memory_oracle_says(const struct boot_parameters *parameters, uint32_t physical_bits, uint64_t frame)
{
    const struct boot_entries *map = &parameters->memory_map;
    bool ram = false;
    if (frame < 0x100 || frame >= FRAMES_MAX || frame >= 1ull << (physical_bits - 12)) {
        return false;
    }
    for (uint64_t i = 0; i < map->count; i++) {
        const uint64_t address = field(map, i, 0, 8);
        const uint64_t bytes = field(map, i, 8, 8);
        if (field(map, i, 16, 4) != 1 && touches(address, bytes, frame)) {
            return false;
        }
        ram = ram || (field(map, i, 16, 4) == 1 && covers(address, bytes, frame));
    }
    return ram && !efi_forbids(&parameters->efi_memory_map, frame);
}

bool memory_oracle_has(const struct memory_map *map, uint64_t frame)
{
    for (uint32_t i = 0; i < map->range_count; i++) {
        if (frame >= map->ranges[i].first && frame - map->ranges[i].first < map->ranges[i].count) {
            return true;
        }
    }
    return false;
}

bool memory_oracle_is_sound(const struct memory_map *map)
{
    uint64_t end = 0;
    if (map->range_count > MEMORY_RANGES_MAX || map->kept_count > MEMORY_KEPT_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < map->range_count; i++) {
        const struct boot_range range = map->ranges[i];
        if (range.count == 0 || range.first < 0x100 || range.first > FRAMES_MAX || range.count > FRAMES_MAX ||
            range.first + range.count > FRAMES_MAX || (i > 0 && range.first <= end)) {
            return false;
        }
        end = range.first + range.count;
    }
    return true;
}

bool memory_oracle_agrees(const struct memory_map *map, const struct boot_parameters *parameters,
                          uint32_t physical_bits, uint64_t frames)
{
    for (uint64_t frame = 0; frame < frames; frame++) {
        const bool has = memory_oracle_has(map, frame);
        const bool says = memory_oracle_says(parameters, physical_bits, frame);
        if ((has && !says) || (says && !has && map->lost == 0)) {
            return false;
        }
    }
    return true;
}
