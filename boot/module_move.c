/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/module_move.h"

#include <stddef.h>

#include "boot/boot_memory.h"
#include "lib/addr.h"
#include "lib/memory.h"

enum { LOW_END = 0x100000, FRAMES_BELOW_4_GIB = 0x100000 };

/* The map without the place it finds: the place itself stays RAM. */
static struct memory_map scratch;

bool module_move_up(struct boot_module *module, struct memory_map *map)
{
    const uint64_t frames = (module->size + FRAME_SIZE - 1) / FRAME_SIZE;
    uint64_t first;

    /* Is it all below 1 MiB, and more than nothing? */
    if (module->size == 0 || module->size > LOW_END || module->address > LOW_END - module->size) {
        return false;
    }
    /* Is there a place for it that is kept for nothing else? */
    scratch = *map;
    if (!memory_map_take_region(&scratch, frames, 1, FRAMES_BELOW_4_GIB, &first)) {
        return false;
    }
    uint8_t *to = (uint8_t *)boot_memory(address_of_frame(first), module->size);
    const uint8_t *from = boot_memory(module->address, module->size);
    if (to == NULL || from == NULL || !memory_map_keep(map, address_of_frame(first), module->size)) {
        return false;
    }
    /* All checks passed: nothing below can fail. */
    memcpy(to, from, module->size);
    module->address = address_of_frame(first);
    return true;
}
