/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_FRAME_GRANT_H
#define ISOLATION_FRAME_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "isolation/frame.h"

/* What the manager is given at boot. */
enum frame_grant_kind {
    GRANT_IMAGE, /* its program: executable, by leaves of 4 KiB */
    GRANT_DATA,  /* not executable, by leaves of 4 KiB */
    GRANT_LARGE, /* not executable, by leaves of 2 MiB where the frames allow it */
};

/* FREE frames first .. first + count - 1, usable RAM, become the manager's, mapped at their own
 * numbers.  The manager has a slice with room for them, split or not.  False: out of tables, or not all FREE
 * and below frame_limit; nothing more is granted then. */
/*@ requires sys_inv && home_inv && has_root(2 * PARTITION_MANAGER);
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1],
            table_slices[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv && home_inv;
    ensures others: \forall integer p; is_frame(p) ==> !(first <= p < first + count) ==> frames[p] == \old(frames[p]);
    ensures granted: \result ==> \forall integer p; first <= p < first + count ==> frames[p].state == FRAME_OWNED && frames[p].owner == PARTITION_MANAGER;
*/
bool frame_grant(hfn_t first, uint64_t count, enum frame_grant_kind kind);

#endif
