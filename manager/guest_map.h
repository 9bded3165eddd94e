/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_GUEST_MAP_H
#define MANAGER_GUEST_MAP_H

#include <stdbool.h>
#include <stdint.h>

/* Which of the manager's frames became which of a guest's.  Pure. */
#define GUEST_EXTENTS_MAX 128u

struct guest_extent {
    uint64_t gfn;
    uint64_t hfn;
    uint64_t count;
};

struct guest_map {
    struct guest_extent extents[GUEST_EXTENTS_MAX]; /* by gfn, none over another */
    uint32_t count;
};

/* Append an extent above all others.  False where there is no room. */
bool guest_map_add(struct guest_map *map, struct guest_extent extent);

/* The frame of `gfn`.  False where it has none. */
bool guest_map_find(const struct guest_map *map, uint64_t gfn, uint64_t *hfn);

#endif
