/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EPT_EPT_WINDOW_H
#define EPT_EPT_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

/*
 * The manager's window of device pages: guest-physical addresses from 511 GiB on, where no frame is.  Device pages are no
 * frames, so they are in no table of the pool: the CPU walks a root of the manager's own, whose entries are copies of
 * those of the root in the pool, but for the window.  Units walk the pool's root, so devices do not reach device pages.
 */
#define EPT_WINDOW_PAGES 16384u     /* 64 MiB */
#define EPT_WINDOW_GFN   0x7fc0000u /* 511 GiB */
#define EPT_LEAF_DEVICE  67u        /* read, write, uncached, ignore PAT */

/* The leaf of each page of the window; 0: nothing. */
extern uint64_t ept_window_leaves[EPT_WINDOW_PAGES];

/* At boot, when the manager has its frames, and before it runs.  False: there are frames where the window would be, and
 * the manager walks the pool's root. */
bool ept_window_open(void);
bool ept_window_is_open(void);

/* One store. */
void ept_window_set(uint32_t page, uint64_t leaf);

/* The frame of the root that CPUs in `partition`, which has an EPT, walk. */
hfn_t ept_window_root(uint32_t partition);

#endif
