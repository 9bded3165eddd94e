/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_WINDOW_H
#define ARCH_X86_64_WINDOW_H

#include <stdint.h>

#include "lib/addr.h"

/*
 * The core has no standing mapping of any partition's memory.  One frame at a time is mapped in the
 * window of this CPU, for exactly the operation that needs it, and unmapped after.
 */

/* Map `frame` read-write (or read-only) and return its address; one window at a time per CPU. */
void *window_open(hfn_t frame);
const void *window_open_read(hfn_t frame);
void window_close(void);

/* Zero `frame` and see it written back where a device could read past the caches. */
void window_scrub(hfn_t frame);

/* From now on a device may read past the caches (a request that does not snoop): scrubs are written back. */
void window_write_back(void);

/* Once on each CPU: where its state window is; nothing is mapped in it yet. */
void window_init_state(void);
/* Map the two frames from `first` on (vmx/vcpu_state.h) in the state window of this CPU. */
void window_map_state(hfn_t first);

#endif
