/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_EPT_WINDOW_H
#define PROOFS_TRUSTED_EPT_WINDOW_H

/* For the prover around ept/ept_window.h: one store. */
#include_next "ept/ept_window.h"

/*@ ghost int window_stale; */ /* a CPU may hold a translation of the window that its leaves do not hold */

/*@ requires page < EPT_WINDOW_PAGES;
    assigns ept_window_leaves[page], window_stale;
    ensures leaf: ept_window_leaves[page] == leaf;
    ensures stale: window_stale == (\old(ept_window_leaves[page]) != 0 && \old(ept_window_leaves[page]) != leaf ? 1 : \old(window_stale));
*/
void ept_window_set(uint32_t page, uint64_t leaf);
/*@ assigns \nothing; */
bool ept_window_is_open(void);

#endif
