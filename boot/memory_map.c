/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/memory_map.h"

#include "lib/addr.h"
#include "lib/limits.h"
#include "lib/string.h"

enum {
    FIRST_FRAME = 0x100,   /* 1 MiB: everything below is firmware's, the core's and start-up code's */
    LOW_FRAMES_END = 0xa0, /* 640 KiB: where RAM below 1 MiB ends at the latest */
};

/* Multiboot2 Specification, "Memory map". */
enum { ENTRY_ADDRESS = 0, ENTRY_BYTES = 8, ENTRY_TYPE = 16, ENTRY_TYPE_AVAILABLE = 1 };

/* UEFI Specification 2.10, "EFI_BOOT_SERVICES.GetMemoryMap()". */
enum { EFI_TYPE = 0, EFI_ADDRESS = 8, EFI_PAGES = 24, EFI_ATTRIBUTE = 32 };
enum efi_memory_type {
    EFI_LOADER_CODE = 1,
    EFI_LOADER_DATA = 2,
    EFI_BOOT_SERVICES_CODE = 3,
    EFI_BOOT_SERVICES_DATA = 4,
    EFI_CONVENTIONAL_MEMORY = 7,
};
#define EFI_MEMORY_WB      (1ull << 3)
#define EFI_MEMORY_NV      (1ull << 15)
#define EFI_MEMORY_SP      (1ull << 18)
#define EFI_MEMORY_RUNTIME (1ull << 63)

/* The frames wholly inside `bytes` bytes from `address` on; none where that wraps, which is no honest RAM. */
static struct boot_range frames_inside(uint64_t address, uint64_t bytes)
{
    if (bytes > UINT64_MAX - address) {
        return (struct boot_range){0, 0};
    }
    const uint64_t first = frame_of_address(address) + (address % FRAME_SIZE != 0);
    const uint64_t end = frame_of_address(address + bytes);
    return (struct boot_range){first, end > first ? end - first : 0};
}

/* All frames touched by `bytes` bytes from `address` on; where that wraps, up to the last frame there is. */
static struct boot_range frames_touched(uint64_t address, uint64_t bytes)
{
    if (bytes == 0) {
        return (struct boot_range){0, 0};
    }
    const uint64_t last = bytes - 1 > UINT64_MAX - address ? UINT64_MAX : address + (bytes - 1);
    const uint64_t first = frame_of_address(address);
    return (struct boot_range){first, frame_of_address(last) - first + 1};
}

static uint64_t end_of(struct boot_range range)
{
    return range.first + range.count;
}

static bool meet(struct boot_range a, struct boot_range b)
{
    return a.count > 0 && b.count > 0 && a.first < end_of(b) && b.first < end_of(a);
}

static void remove_at(struct memory_map *map, uint32_t at)
{
    map->range_count--;
    for (uint32_t i = at; i < map->range_count; i++) {
        map->ranges[i] = map->ranges[i + 1];
    }
}

static void drop_smallest(struct memory_map *map)
{
    uint32_t smallest = 0;
    for (uint32_t i = 1; i < map->range_count; i++) {
        if (map->ranges[i].count < map->ranges[smallest].count) {
            smallest = i;
        }
    }
    map->lost += map->ranges[smallest].count;
    remove_at(map, smallest);
}

/* Put in a range that meets none in the map, before place `at`; where that is one too many the smallest goes. */
static void insert_at(struct memory_map *map, uint32_t at, struct boot_range range)
{
    for (uint32_t i = map->range_count; i > at; i--) {
        map->ranges[i] = map->ranges[i - 1];
    }
    map->ranges[at] = range;
    map->range_count++;
    if (map->range_count > MEMORY_RANGES_MAX) {
        drop_smallest(map);
    }
}

/* Make a range RAM, joining all it meets or touches. */
static void add(struct memory_map *map, struct boot_range range)
{
    uint64_t first = range.first;
    uint64_t end = end_of(range) < map->frames_limit ? end_of(range) : map->frames_limit;
    if (range.count == 0 || first >= end) {
        return;
    }
    uint32_t at = 0;
    while (at < map->range_count && end_of(map->ranges[at]) < first) {
        at++;
    }
    while (at < map->range_count && map->ranges[at].first <= end) {
        first = map->ranges[at].first < first ? map->ranges[at].first : first;
        end = end_of(map->ranges[at]) > end ? end_of(map->ranges[at]) : end;
        remove_at(map, at);
    }
    insert_at(map, at, (struct boot_range){first, end - first});
}

static void subtract(struct memory_map *map, struct boot_range gone)
{
    uint32_t at = 0;
    while (at < map->range_count) {
        const struct boot_range range = map->ranges[at];
        if (!meet(range, gone)) {
            at++;
            continue;
        }
        remove_at(map, at);
        if (end_of(gone) < end_of(range)) {
            insert_at(map, at, (struct boot_range){end_of(gone), end_of(range) - end_of(gone)});
        }
        if (range.first < gone.first) {
            insert_at(map, at, (struct boot_range){range.first, gone.first - range.first});
            /* What is left above does not meet `gone`: the loop steps over it. */
        }
    }
}

static void apply_boot_map(struct memory_map *map, const struct boot_entries *entries, bool available)
{
    for (uint64_t i = 0; i < entries->count; i++) {
        const struct bytes entry = bytes_part(entries->bytes, i * entries->stride, entries->stride);
        const uint64_t address = bytes_u64(entry, ENTRY_ADDRESS);
        const uint64_t bytes = bytes_u64(entry, ENTRY_BYTES);
        const bool is_available = bytes_u32(entry, ENTRY_TYPE) == ENTRY_TYPE_AVAILABLE;
        if (available && is_available) {
            add(map, frames_inside(address, bytes));
        } else if (!available && !is_available) {
            subtract(map, frames_touched(address, bytes));
        }
    }
}

/* Is this memory ours once the firmware's boot services have ended? */
static bool efi_is_ordinary(uint32_t type, uint64_t attribute)
{
    const bool ordinary =
        type == EFI_CONVENTIONAL_MEMORY || (type >= EFI_LOADER_CODE && type <= EFI_BOOT_SERVICES_DATA);
    return ordinary && (attribute & EFI_MEMORY_WB) != 0 &&
           (attribute & (EFI_MEMORY_NV | EFI_MEMORY_SP | EFI_MEMORY_RUNTIME)) == 0;
}

static void apply_efi_map(struct memory_map *map, const struct boot_entries *entries)
{
    for (uint64_t i = 0; i < entries->count; i++) {
        const struct bytes entry = bytes_part(entries->bytes, i * entries->stride, entries->stride);
        if (!efi_is_ordinary(bytes_u32(entry, EFI_TYPE), bytes_u64(entry, EFI_ATTRIBUTE))) {
            const uint64_t pages = bytes_u64(entry, EFI_PAGES);
            const uint64_t bytes = pages > UINT64_MAX / FRAME_SIZE ? UINT64_MAX : pages * FRAME_SIZE;
            subtract(map, frames_touched(bytes_u64(entry, EFI_ADDRESS), bytes));
        }
    }
}

void memory_map_sanitise(struct memory_map *map, const struct boot_parameters *parameters,
                         uint32_t physical_bits)
{
    memset(map, 0, sizeof(*map));
    const uint64_t addressable = 1ull << ((physical_bits < 52 ? physical_bits : 52) - 12);
    map->frames_limit = addressable < FRAMES_MAX ? addressable : FRAMES_MAX;
    apply_boot_map(map, &parameters->memory_map, true);
    apply_boot_map(map, &parameters->memory_map, false);
    apply_efi_map(map, &parameters->efi_memory_map);
    for (uint32_t i = 0; i < parameters->module_count; i++) {
        (void)memory_map_keep(map, parameters->modules[i].address, parameters->modules[i].size);
    }
    if (!memory_map_take_region(map, 1, 1, LOW_FRAMES_END, &map->low_frame)) {
        map->low_frame = 0;
    }
    memory_map_exclude(map, 0, address_of_frame(FIRST_FRAME));
}

void memory_map_exclude(struct memory_map *map, uint64_t address, uint64_t bytes)
{
    subtract(map, frames_touched(address, bytes));
}

bool memory_map_keep(struct memory_map *map, uint64_t address, uint64_t bytes)
{
    const struct boot_range range = frames_touched(address, bytes);
    if (range.count == 0) {
        return true;
    }
    if (map->kept_count == MEMORY_KEPT_MAX) {
        return false;
    }
    map->kept[map->kept_count++] = range;
    return true;
}

bool memory_map_holds(const struct memory_map *map, uint64_t address, uint64_t bytes)
{
    const struct boot_range asked = frames_touched(address, bytes);
    if (bytes > UINT64_MAX - address) {
        return false;
    }
    for (uint32_t i = 0; i < map->range_count; i++) {
        if (asked.first >= map->ranges[i].first && end_of(asked) <= end_of(map->ranges[i])) {
            return true;
        }
    }
    return asked.count == 0;
}

/* The lowest kept range that meets `place`, or NULL. */
static const struct boot_range *kept_in(const struct memory_map *map, struct boot_range place)
{
    const struct boot_range *lowest = NULL;
    for (uint32_t i = 0; i < map->kept_count; i++) {
        if (meet(map->kept[i], place) && (lowest == NULL || map->kept[i].first < lowest->first)) {
            lowest = &map->kept[i];
        }
    }
    return lowest;
}

/* The highest aligned place in `range`, below `below`, that meets nothing kept. */
static bool place_in(const struct memory_map *map, struct boot_range range, uint64_t frames,
                     uint64_t alignment, uint64_t below, uint64_t *first)
{
    uint64_t end = end_of(range) < below ? end_of(range) : below;
    while (end >= frames && end - frames >= range.first) {
        const uint64_t place = (end - frames) & ~(alignment - 1);
        if (place < range.first) {
            return false;
        }
        const struct boot_range *kept = kept_in(map, (struct boot_range){place, frames});
        if (kept == NULL) {
            *first = place;
            return true;
        }
        end = kept->first;
    }
    return false;
}

bool memory_map_take_region(struct memory_map *map, uint64_t frames, uint64_t alignment, uint64_t below,
                            uint64_t *first)
{
    for (uint32_t i = map->range_count; i > 0; i--) {
        if (place_in(map, map->ranges[i - 1], frames, alignment, below, first)) {
            subtract(map, (struct boot_range){*first, frames});
            return true;
        }
    }
    return false;
}

uint64_t memory_map_frames(const struct memory_map *map)
{
    uint64_t frames = 0;
    for (uint32_t i = 0; i < map->range_count; i++) {
        frames += map->ranges[i].count;
    }
    return frames;
}

uint64_t memory_map_end(const struct memory_map *map)
{
    return map->range_count > 0 ? end_of(map->ranges[map->range_count - 1]) : 0;
}

void memory_map_shorten(struct memory_map *map, uint32_t ranges)
{
    while (map->range_count > ranges) {
        drop_smallest(map);
    }
}
