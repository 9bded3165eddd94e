/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/guest_map.h"

bool guest_map_add(struct guest_map *map, struct guest_extent extent)
{
    if (map->count == GUEST_EXTENTS_MAX) {
        return false;
    }
    map->extents[map->count++] = extent;
    return true;
}

bool guest_map_find(const struct guest_map *map, uint64_t gfn, uint64_t *hfn)
{
    uint32_t low = 0;
    uint32_t high = map->count;

    /* The last extent that begins at or below gfn is in [low, high). */
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (map->extents[middle].gfn <= gfn) {
            low = middle;
        } else {
            high = middle;
        }
    }
    if (low == high || gfn < map->extents[low].gfn ||
        gfn - map->extents[low].gfn >= map->extents[low].count) {
        return false;
    }
    *hfn = map->extents[low].hfn + (gfn - map->extents[low].gfn);
    return true;
}
