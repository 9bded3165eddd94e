/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_FRAME_TYPES_H
#define ISOLATION_FRAME_TYPES_H

#include <stdint.h>

#include "abi/hypercall.h"
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
 * their EPTs, which their devices walk too (iommu/vtd_domain.h); those for devices are kept for DMA into private frames, and 0.  A slot is named
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

#endif
