/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_PAGE_H
#define ISOLATION_PAGE_H

#include <stdint.h>

#include "lib/addr.h"
#include "lib/answer.h"

/*
 * What a guest does with its own pages: TDVMCALL MapGPA, at most FRAME_BATCH_MAX pages a call.
 * A page is named by its guest frame number without the shared bit.
 */
enum page_state {
    PAGE_ABSENT = 0, /* not RAM of the guest */
    PAGE_PRIVATE = 1,
    PAGE_SHARED = 2,
};

/* Without the lock, for a guest that is running: its pages are changed by its own calls alone. */
enum page_state page_state(uint32_t slot, gfn_t gfn);

/*
 * Makes the guest's pages gfn .. gfn + count - 1 shared with the manager, or private again.  Zeroes them.  Pages that are
 * so already, or that are not RAM of the guest, are passed over.  value = pages done: all or none.  Takes the ownership lock.
 *
 *   INVALID    not 1 to FRAME_BATCH_MAX pages below the shared bit
 *   BAD_STATE  the partition is not SEALED, or what the page would become is mapped (it cannot be)
 *   NO_ROOM    the partition's tables are used up
 */
struct answer page_share(uint32_t slot, uint64_t gfn, uint64_t count);
struct answer page_unshare(uint32_t slot, uint64_t gfn, uint64_t count);

#endif
