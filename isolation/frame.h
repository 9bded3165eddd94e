/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_FRAME_H
#define ISOLATION_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/hypercall.h"
#include "ept/table.h"
#include "lib/addr.h"
#include "lib/limits.h"

/*
 * Who owns each frame: the one truth.
 *
 *   FREE    the core's own: its memory, reserved, not RAM, or dirty.  Mapped for nobody.
 *   OWNED   private to its owner, the manager or a guest
 *   SHARED  owned by a guest, lent to the manager
 *
 * A frame has back-pointers to the slots that map it: at most one for its owner and one for its borrower, in
 * their EPTs, and the same in their VT-d trees (always 0 until there are devices).  A slot is named
 * table * TABLE_SLOTS + slot + 1; 0 is none.  The manager's frames are mapped at their own numbers.
 *
 * The array is at a fixed address given by boot/core.lds (host tests define it), backed for
 * the first `frame_limit` frames.  Everything here runs under the ownership lock.
 */
enum frame_state {
    FRAME_FREE = 0,
    FRAME_OWNED = 1,
    FRAME_SHARED = 2,
};

struct frame {
    uint32_t owner;    /* partition */
    uint32_t state;    /* enum frame_state */
    uint32_t borrower; /* partition, PARTITION_CORE where there is none */
    uint32_t owner_slot;
    uint32_t borrower_slot;
    uint32_t owner_dma_slot;
    uint32_t borrower_dma_slot;
    uint32_t reserved; /* 0 */
};
_Static_assert(sizeof(struct frame) == 32, "frames is placed by boot/core.lds");

#define FRAME_NONE FRAMES_MAX

extern struct frame frames[FRAMES_MAX];
extern uint64_t frame_limit; /* first frame above all RAM; set once at boot */

/* The frames of the operation under way, in order; FRAME_NONE where there is nothing to do. */
extern hfn_t frame_batch[FRAME_BATCH_MAX];

/* Every frame below `limit` is FREE. */
void frame_init(uint64_t limit);

/* Is the frame `owner`'s and private? */
bool frame_is_owned(hfn_t hfn, uint32_t owner);

/* The one place where a leaf is made: slot `slot` of leaf table `table`, which is empty, maps `hfn` for the
 * partition of the table, which owns it or borrows it and does not map it. */
void frame_map(uint32_t table, uint32_t slot, hfn_t hfn, uint64_t flags);
/* The one place where a leaf goes: the owner's, or the borrower's.  The frame is mapped for it.  What
 * hardware cached of it is still there until frame_flush(). */
void frame_unmap_owner(hfn_t hfn);
void frame_unmap_borrower(hfn_t hfn);
/* No CPU and no device holds a translation of `partition` that its tables do not hold. */
void frame_flush(uint32_t partition);
/* Zeroes the frame, which nobody can reach. */
void frame_scrub(hfn_t hfn);

/* The commits.  OWNED by someone => OWNED by `owner`.  Unmapped, flushed; scrubbed, or kept by the giver's wish. */
void frame_give(hfn_t hfn, uint32_t owner);
/* OWNED by a guest => SHARED with the manager.  Unmapped, flushed, scrubbed. */
void frame_lend(hfn_t hfn);
/* SHARED with the manager => OWNED.  Unmapped for both, flushed for both, scrubbed. */
void frame_take_back(hfn_t hfn);

/* At boot: FREE frames first .. first + count - 1, usable RAM, become the manager's, mapped at their own
 * numbers.  The manager has a slice with room for them.  False: out of tables, or not all FREE
 * and below frame_limit; nothing more is granted then. */
bool frame_grant(hfn_t first, uint64_t count);

#endif
