/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_MEMORY_H
#define MANAGER_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"

/*
 * The manager's free RAM: sorted ranges of frames that do not touch.  Pure: it never looks into a frame.
 */
#define MEMORY_RANGES_MAX 512u
#define MEMORY_NONE       0ull /* frame 0 is never handed out */
#define MEMORY_CHUNK      512u /* frames of 2 MiB: what large pages and few extents like */

struct memory {
    struct boot_range free[MEMORY_RANGES_MAX];
    uint32_t count;
    uint64_t lost; /* frames that could not be noted for want of room: never handed out again */
};

/* All ranges of `info`, less its modules, less frame 0 and less `kept` (the image, the boot info page).
 * `info` comes from the core and is trusted. */
void memory_start(struct memory *memory, const struct boot_info *info, const struct boot_range *kept,
                  uint32_t kept_count);

/* `count` contiguous frames whose first is a multiple of `align`, the lowest there are.  Returns the first,
 * or MEMORY_NONE. */
uint64_t memory_take(struct memory *memory, uint64_t count, uint64_t align);

/* A run of at most `want` contiguous frames, for a guest: the whole in one run where possible, else the longest
 * there is, beginning at a MEMORY_CHUNK where possible.  Returns its length (0: nothing left) and sets *first. */
uint64_t memory_take_run(struct memory *memory, uint64_t want, uint64_t *first);

/* Give back (or add) `count` frames from `first`, which must not be free already. */
void memory_give(struct memory *memory, uint64_t first, uint64_t count);

/* Frames that are free. */
uint64_t memory_free_frames(const struct memory *memory);

#endif
