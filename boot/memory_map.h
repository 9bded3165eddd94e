/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_MEMORY_MAP_H
#define BOOT_MEMORY_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "boot/multiboot2.h"

#define MEMORY_RANGES_MAX 128u
#define MEMORY_KEPT_MAX   64u

/*
 * The RAM of the machine that is nobody's yet, in frames.  Ranges are sorted, not empty, and neither
 * overlap nor touch; no frame below 1 MiB (first hfn 0x100) is among them.  Where there is no room for one
 * more range the smallest is given up: RAM can be lost, but nothing that is not RAM can be gained.
 */
struct memory_map {
    uint64_t frames_limit; /* no hfn at or above this is RAM to us */
    uint64_t low_frame;    /* hfn of one page below 640 KiB for the start of other CPUs; 0: none is free */
    uint64_t lost;         /* frames given up for want of room, for the boot log */
    uint32_t range_count;
    uint32_t kept_count;
    struct boot_range ranges[MEMORY_RANGES_MAX + 1]; /* the one more is for work in between */
    struct boot_range kept[MEMORY_KEPT_MAX];         /* of RAM, but not for the core's own region */
};

/*
 * The RAM the boot loader reports: its available ranges, rounded inwards to whole frames, less every range
 * it gives any other type (reserved, ACPI reclaimable, NVS, bad), less what the EFI memory map does
 * not call ordinary write-back memory free of runtime services, less everything below 1 MiB, beyond
 * `physical_bits` (MAXPHYADDR less key bits, 32 to 52) or FRAMES_MAX.  Of overlapping entries the
 * restrictive one wins, whatever their order.  The modules are marked as kept.
 */
void memory_map_sanitise(struct memory_map *map, const struct boot_parameters *parameters,
                         uint32_t physical_bits);

/* Take every frame that [address, address + bytes) touches away from RAM: RMRRs, the core's image, device
 * registers.  A range that wraps reaches to the end of memory. */
void memory_map_exclude(struct memory_map *map, uint64_t address, uint64_t bytes);

/* Mark the frames [address, address + bytes) touches as not for the core's region: modules, the boot
 * information.  False where there is no room to remember it (MEMORY_KEPT_MAX). */
bool memory_map_keep(struct memory_map *map, uint64_t address, uint64_t bytes);

/* Whether all of [address, address + bytes) is RAM of the map.  An empty range is. */
bool memory_map_holds(const struct memory_map *map, uint64_t address, uint64_t bytes);

/*
 * Choose the highest place for `frames` (at least 1) contiguous frames on a multiple of `alignment` frames
 * (a power of two), ending at or below hfn `below`, in RAM and touching nothing kept; take it out of the map.
 * True with its first hfn in *first, or false with the map unchanged.
 */
bool memory_map_take_region(struct memory_map *map, uint64_t frames, uint64_t alignment, uint64_t below,
                            uint64_t *first);

/* Frames of RAM in the map, and the first hfn above all of them. */
uint64_t memory_map_frames(const struct memory_map *map);
uint64_t memory_map_end(const struct memory_map *map);

/* Give up the smallest ranges until at most `ranges` are left (struct boot_info has BOOT_RANGES_MAX). */
void memory_map_shorten(struct memory_map *map, uint32_t ranges);

#endif
