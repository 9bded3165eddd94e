/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_MEMORY_ORACLE_H
#define TESTS_UNIT_MEMORY_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/memory_map.h"

/* The slow and plain way to say what is RAM, frame by frame.  Used by the unit test and the fuzz target. */

/* What boot/memory_map.h promises of every map: sorted, not empty, apart, within its bounds. */
bool memory_oracle_is_sound(const struct memory_map *map);

/* Whether the frame is RAM of the map. */
bool memory_oracle_has(const struct memory_map *map, uint64_t frame);

/* Whether the frame is RAM by what the boot loader said. */
bool memory_oracle_says(const struct boot_parameters *parameters, uint32_t physical_bits, uint64_t frame);

/* Whether the map has just the frames the oracle says among the first `frames`, or fewer if some were lost. */
bool memory_oracle_agrees(const struct memory_map *map, const struct boot_parameters *parameters,
                          uint32_t physical_bits, uint64_t frames);

#endif
