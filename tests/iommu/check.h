/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_IOMMU_CHECK_H
#define TESTS_IOMMU_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

/* Says `test: ok: WHAT` or `test: FAILED: WHAT`, and counts it; and how many there were. */
void check(bool good, const char *what);
void check_say_total(void);

/* Fill a frame; do its first CHECK_BYTES bytes all have this value? */
#define CHECK_BYTES 64u
void check_fill(hfn_t hfn, uint8_t value);
bool check_holds(hfn_t hfn, uint8_t value);

/* A guest that runs, as far as the core knows, with CHECK_RUN frames from `first` on at guest frame CHECK_PAGE_FIRST, of
 * which it shares the first CHECK_SHARED. */
enum { CHECK_RUN = 16, CHECK_PAGE_FIRST = 0x100, CHECK_SHARED = 5 };
struct guest {
    uint64_t id;
    uint32_t slot;
    hfn_t first;
};
struct guest check_make_guest(hfn_t first);
/* As PARTITION_DESTROY, without VMX.  False: refused. */
bool check_destroy(uint64_t id);
hfn_t check_frame_of(const struct guest *guest, gfn_t page);

/* Is the vector pending in this CPU's local APIC?  The core takes no interrupts. */
bool check_pending(uint32_t vector);
bool check_any_pending(void);

#endif
