/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EPT_EPT_ENTRY_H
#define EPT_EPT_ENTRY_H

#include <stdint.h>

#include "lib/addr.h"

/*
 * The format of EPT and VT-d second-level entries, by arithmetic only: * / % with constants that are
 * powers of two, which is what the provers can do (proofs/README.md).
 * Source: Intel SDM Vol. 3C, "EPT Translation Mechanism"; Intel VT-d specification,
 * "Second-Stage Paging Entries".
 */
enum ept_entry_bits {
    EPT_READ = 1,
    EPT_WRITE = 2,
    EPT_EXECUTE = 4,
    EPT_WRITE_BACK = 48, /* memory type 6 in bits 5:3 */
    EPT_IGNORE_PAT = 64,
    EPT_LARGE = 128, /* in a leaf at level 1: 512 frames; VT-d has it at the same place */
};

enum vtd_entry_bits {
    VTD_READ = 1,
    VTD_WRITE = 2,
    VTD_SNOOP = 2048,
};

/* The only flags there are, of a large leaf EPT_LARGE more.  An entry is its frame number * 4096 + flags, or 0. */
#define EPT_TABLE       7u    /* to a table: read, write, execute */
#define EPT_LEAF_OWNED  119u  /* a guest's own, the manager's image: all rights, write-back, ignore PAT */
#define EPT_LEAF_SHARED 115u  /* shared, the manager's data: read, write, write-back, ignore PAT */
#define VTD_TABLE       3u    /* to a table: read, write */
#define VTD_LEAF        2051u /* read, write, snoop */
_Static_assert(EPT_LEAF_OWNED == EPT_READ + EPT_WRITE + EPT_EXECUTE + EPT_WRITE_BACK + EPT_IGNORE_PAT, "");
_Static_assert(EPT_LEAF_SHARED == EPT_READ + EPT_WRITE + EPT_WRITE_BACK + EPT_IGNORE_PAT, "");
_Static_assert(VTD_LEAF == VTD_READ + VTD_WRITE + VTD_SNOOP, "");

/* EPT pointer of the tree whose root is in frame `root`: write-back (6), page-walk length 4 (3 in bits
 * 5:3), accessed and dirty flags off.  Source: SDM Vol. 3C, "Extended-Page-Table Pointer (EPTP)". */
/*@ requires root < 0x10000000000;
    assigns \nothing;
    ensures \result == root * 4096 + 30;
*/
static inline uint64_t ept_pointer(hfn_t root)
{
    return root * FRAME_SIZE + 6u + 3u * 8u;
}

#endif
