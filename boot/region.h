/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_REGION_H
#define BOOT_REGION_H

#include <stdint.h>

#include "boot/memory_map.h"
#include "lib/addr.h"

/*
 * The one contiguous region the core takes for itself at boot: backing for the typed arrays, CPU stacks,
 * VMCSs, register state.  Nothing is ever given back.
 */

/* How much of each array this machine gets. */
struct region_plan {
    uint64_t frame_limit; /* first hfn above all RAM */
    uint32_t table_limit;
    uint32_t cpus;
};

/* Take the region out of `map`, aligned to 2 MiB.  Refuses a machine with too little memory. */
void region_take(struct memory_map *map, const struct region_plan *plan);

/* Map the arrays of isolation/ at their addresses in the core's own page tables (not zeroed: isolation/ initialises them). */
void region_map_arrays(const struct region_plan *plan);

/* Map the stacks of `cpu`. */
void region_map_stacks(uint32_t cpu);

/* The next `count` frames of the region. */
hfn_t region_frames(uint64_t count);

/* Frames in the region, and the frame tables[0] is in. */
uint64_t region_size(void);
hfn_t region_tables(void);

#endif
