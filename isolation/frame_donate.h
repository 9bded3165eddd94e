/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_FRAME_DONATE_H
#define ISOLATION_FRAME_DONATE_H

#include <stdint.h>

#include "abi/status.h"
#include "isolation/life.h"

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
 *   NO_ROOM    RDX  the manager's are, which a split of a large leaf takes one of (not by the size of its slice)
 * A call that is refused changes no owner and no translation.
 */
/*@ requires unlocked: held == 0;
    assigns held, frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures flags: flags > 1 ==> \result == STATUS_INVALID + 256 * OPERAND_R8;
    ensures count: flags <= 1 ==> count == 0 || count > FRAME_BATCH_MAX ==> \result == STATUS_INVALID + 256 * OPERAND_R10;
*/
uint64_t frame_donate(uint64_t id, uint64_t gfn, uint64_t hfn, uint64_t count, uint64_t flags);

#endif
