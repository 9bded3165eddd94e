/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_FRAME_DONATE_H
#define ISOLATION_FRAME_DONATE_H

#include <stdint.h>

/*
 * The hypercall FRAME_DONATE (abi/hypercall.h): manager OWNED => guest OWNED at a gfn, for 1 to FRAME_BATCH_MAX
 * contiguous frames.  Takes the ownership lock.
 *
 * Refusals, in the order in which they are found:
 *   INVALID    R8   a reserved flag
 *              R10  0 or more than FRAME_BATCH_MAX frames
 *              RDI  no such partition
 *   BAD_STATE  RDI  the partition is not LIVE
 *   INVALID    RSI  not all below the shared bit
 *              RDX  not all RAM of the machine
 *   NO_ROOM    R10  more frames than the partition was created for
 *   NOT_OWNER  RDX  a frame that is not the manager's own, private and mapped
 *   BAD_STATE  RSI  a guest frame that is mapped already
 *   NO_ROOM    RDI  the partition's tables are used up
 * A call that is refused changes no owner and no translation.
 */
uint64_t frame_donate(uint64_t id, uint64_t gfn, uint64_t hfn, uint64_t count, uint64_t flags);

#endif
