/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PAGING_H
#define MANAGER_PAGING_H

#include <stdint.h>

#include "manager/memory.h"

/*
 * The manager's own page tables, after manager/entry.S: the window gets W^X, page by page, with a
 * guard below the stack; the direct map gets NX and grows to all RAM up to `frames_end`.  Frames for
 * further tables come from `memory`, which hands out the lowest first: below 4 GiB all is mapped already.
 * Returns false where there were none.
 */
bool paging_start(struct memory *memory, uint64_t frames_end);

/* The GiB of the direct map around `address`, beyond RAM, where it is not there yet: for device pages.  False: no frame for its
 * table. */
bool paging_map(struct memory *memory, uint64_t address);

/* The same tables on another CPU. */
void paging_join(void);

#endif
