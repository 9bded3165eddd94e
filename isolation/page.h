/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_PAGE_H
#define ISOLATION_PAGE_H

#include <stdint.h>

#include "abi/status.h"
#include "ept/table.h"
#include "isolation/life.h"
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
/*@ requires tables_inv && slot < PARTITIONS_MAX && shared_bit_gfn <= GFN_LIMIT / 2;
    assigns \nothing;
    ensures is_guest(slot) && gfn < shared_bit_gfn ==> (\result == PAGE_PRIVATE <==> walk(2 * slot, gfn) != 0);
*/
enum page_state page_state(uint32_t slot, gfn_t gfn);

/*
 * Makes the guest's pages gfn .. gfn + count - 1 shared with the manager, or private again.  Zeroes them.  Pages that are
 * so already, or that are not RAM of the guest, are passed over.  value = pages done: all or none.  Takes the ownership lock.
 *
 *   INVALID    not 1 to FRAME_BATCH_MAX pages below the shared bit
 *   BAD_STATE  the partition is not SEALED, or what the page would become is mapped (it cannot be)
 *   NO_ROOM    the partition's tables are used up
 */
/*@ requires unlocked: held == 0 && is_guest(slot) && 1 <= shared_bit_gfn;
    assigns held, frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0;
*/
struct answer page_share(uint32_t slot, uint64_t gfn, uint64_t count);
/*@ requires unlocked: held == 0 && is_guest(slot) && 1 <= shared_bit_gfn;
    assigns held, frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0;
*/
struct answer page_unshare(uint32_t slot, uint64_t gfn, uint64_t count);

#endif
