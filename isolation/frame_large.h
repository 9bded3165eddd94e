/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_FRAME_LARGE_H
#define ISOLATION_FRAME_LARGE_H

#include <stdbool.h>
#include <stdint.h>

#include "isolation/frame.h"

/*
 * The manager's large leaves: 512 aligned frames that are all its own, mapped by one entry.  Not executable, so that they
 * are sound on a CPU with the page-size machine-check erratum too.  A large leaf is split before one of its frames is donated, and never made again.
 */

/* Maps frames hfn .. hfn + 511 for the manager by a large leaf.  False, where nothing is changed: they are not aligned, not all FREE
 * and below frame_limit, there is a leaf table in the way, or there are too few tables left. */
/*@ requires sys_inv && home_inv && has_root(2 * PARTITION_MANAGER);
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1],
            table_slices[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1];
    ensures inv: sys_inv && home_inv;
    ensures others: \forall integer p; is_frame(p) ==> !(hfn <= p < hfn + 512) ==> frames[p] == \old(frames[p]);
    ensures refused: !\result ==> same_frames_out{Pre,Post}(0, 0);
    ensures granted: \result ==> hfn + 512 <= frame_limit && \forall integer p; hfn <= p < hfn + 512 ==>
      frames[p].state == FRAME_OWNED && frames[p].owner == PARTITION_MANAGER;
*/
bool frame_large_grant(hfn_t hfn);

/* Sees to it that frame `hfn`, the manager's own and mapped, is mapped by a leaf of its own: splits a large leaf.  False: the
 * manager's tables are used up.  Changes no translation. */
/*@ requires sys_inv && home_inv && hfn < frame_limit && frames[hfn].owner == PARTITION_MANAGER && frames[hfn].owner_slot != 0;
    requires has_root(2 * PARTITION_MANAGER);
    assigns frames[0 .. FRAMES_MAX - 1], tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1],
            table_slices[0 .. PARTITIONS_MAX - 1];
    ensures inv: sys_inv && home_inv;
    ensures frames: renamed{Pre,Post};
    ensures others: same_slices_but{Pre,Post}(PARTITION_MANAGER);
    ensures tags: tags_kept{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures kept: \forall integer p; is_frame(p) ==> apart_slot{Pre}(p) ==> apart_slot(p);
    ensures small: \result ==> apart_slot(hfn) && path(2 * PARTITION_MANAGER, hfn) >= 0;
*/
bool frame_large_split(hfn_t hfn);

#endif
