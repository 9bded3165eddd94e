/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/memory.h"

#include "lib/addr.h"

static void insert_range(struct memory *memory, uint32_t at, struct boot_range range)
{
    for (uint32_t i = memory->count; i > at; i--) {
        memory->free[i] = memory->free[i - 1];
    }
    memory->free[at] = range;
    memory->count++;
}

static void remove_range(struct memory *memory, uint32_t at)
{
    memory->count--;
    for (uint32_t i = at; i < memory->count; i++) {
        memory->free[i] = memory->free[i + 1];
    }
}

/* Take [first, first + count) out of range number `at`, which holds it. */
static void carve(struct memory *memory, uint32_t at, uint64_t first, uint64_t count)
{
    struct boot_range *range = &memory->free[at];
    const uint64_t before = first - range->first;
    const uint64_t after = range->count - before - count;

    if (before == 0 && after == 0) {
        remove_range(memory, at);
        return;
    }
    if (before == 0) {
        range->first = first + count;
        range->count = after;
        return;
    }
    range->count = before;
    if (after == 0) {
        return;
    }
    if (memory->count == MEMORY_RANGES_MAX) {
        memory->lost += after;
        return;
    }
    insert_range(memory, at + 1, (struct boot_range){first + count, after});
}

/* Take out whatever of [first, first + count) is free. */
static void withhold(struct memory *memory, uint64_t first, uint64_t count)
{
    for (uint32_t i = 0; i < memory->count;) {
        const uint64_t range_end = memory->free[i].first + memory->free[i].count;
        const uint64_t start = first > memory->free[i].first ? first : memory->free[i].first;
        const uint64_t end = first + count < range_end ? first + count : range_end;
        if (start < end) {
            /* What is left at this index is looked at again, and no longer overlaps. */
            carve(memory, i, start, end - start);
        } else {
            i++;
        }
    }
}

void memory_start(struct memory *memory, const struct boot_info *info, const struct boot_range *kept,
                  uint32_t kept_count)
{
    memory->count = 0;
    memory->lost = 0;
    for (uint32_t i = 0; i < info->range_count; i++) {
        memory_give(memory, info->ranges[i].first, info->ranges[i].count);
    }
    withhold(memory, 0, 1);
    for (uint32_t i = 0; i < kept_count; i++) {
        withhold(memory, kept[i].first, kept[i].count);
    }
    for (uint32_t i = 0; i < info->module_count; i++) {
        const uint64_t first = frame_of_address(info->modules[i].address);
        const uint64_t end =
            frame_of_address(info->modules[i].address + info->modules[i].size + FRAME_SIZE - 1);
        withhold(memory, first, end - first);
    }
}

static uint64_t round_up(uint64_t frame, uint64_t align)
{
    return (frame + align - 1) / align * align;
}

/* Frames of `range` from its first multiple of `align` on. */
static uint64_t room_in(struct boot_range range, uint64_t align)
{
    const uint64_t skip = round_up(range.first, align) - range.first;
    return skip < range.count ? range.count - skip : 0;
}

uint64_t memory_take(struct memory *memory, uint64_t count, uint64_t align)
{
    for (uint32_t i = 0; i < memory->count; i++) {
        if (count > 0 && room_in(memory->free[i], align) >= count) {
            const uint64_t first = round_up(memory->free[i].first, align);
            carve(memory, i, first, count);
            return first;
        }
    }
    return MEMORY_NONE;
}

/* The range with the most room, counting no more than `want`; the first of equals.  Returns its room. */
static uint64_t find_roomiest(const struct memory *memory, uint64_t want, uint64_t align, uint32_t *at)
{
    uint64_t best = 0;
    for (uint32_t i = 0; i < memory->count; i++) {
        uint64_t room = room_in(memory->free[i], align);
        room = room < want ? room : want;
        if (room > best) {
            best = room;
            *at = i;
        }
    }
    return best;
}

uint64_t memory_take_run(struct memory *memory, uint64_t want, uint64_t *first)
{
    uint64_t align = MEMORY_CHUNK;
    uint32_t at = 0;
    uint64_t count = find_roomiest(memory, want, align, &at);
    if (count < want && count < MEMORY_CHUNK) {
        align = 1;
        count = find_roomiest(memory, want, align, &at);
    }
    if (count == 0) {
        return 0;
    }
    *first = round_up(memory->free[at].first, align);
    carve(memory, at, *first, count);
    return count;
}

void memory_give(struct memory *memory, uint64_t first, uint64_t count)
{
    uint32_t at = 0;
    while (at < memory->count && memory->free[at].first < first) {
        at++;
    }
    const bool joins_before = at > 0 && memory->free[at - 1].first + memory->free[at - 1].count == first;
    const bool joins_after = at < memory->count && first + count == memory->free[at].first;

    if (count == 0) {
        return;
    }
    if (joins_before && joins_after) {
        memory->free[at - 1].count += count + memory->free[at].count;
        remove_range(memory, at);
    } else if (joins_before) {
        memory->free[at - 1].count += count;
    } else if (joins_after) {
        memory->free[at].first = first;
        memory->free[at].count += count;
    } else if (memory->count < MEMORY_RANGES_MAX) {
        insert_range(memory, at, (struct boot_range){first, count});
    } else {
        memory->lost += count;
    }
}

uint64_t memory_free_frames(const struct memory *memory)
{
    uint64_t frames = 0;
    for (uint32_t i = 0; i < memory->count; i++) {
        frames += memory->free[i].count;
    }
    return frames;
}
