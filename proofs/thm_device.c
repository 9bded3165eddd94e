/* SPDX-License-Identifier: Apache-2.0 */
/* The theorem of device pages, as a proof driver: never linked.  It follows from the invariant alone, which every operation
 * on devices keeps. */
#include "isolation/device.h"

/*
 * What the manager's window shows at page w is a page of a BAR of a function whose group a partition has: never RAM or a
 * register of the core, never a page that a function of another group has a part in, never one of an MSI-X table of
 * the group.  No CPU holds a translation of the window that its leaves do not hold.
 */
/*@ requires device_inv && w < EPT_WINDOW_PAGES;
    assigns \nothing;
    ensures page: ept_window_leaves[w] != 0 ==> ept_window_leaves[w] == page_at(w) * 4096 + EPT_LEAF_DEVICE;
    ensures bar: ept_window_leaves[w] != 0 ==> in_bar(bar_found[bar_at(w).index][bar_at(w).bar], page_at(w));
    ensures owned: ept_window_leaves[w] != 0 ==> devices[group_at(w)].state == DEVICE_OWNED && is_partition(devices[group_at(w)].owner);
    ensures grantable: ept_window_leaves[w] != 0 ==> device_facts[group_at(w)].grantable != 0;
    ensures free: ept_window_leaves[w] != 0 ==> unforbidden(page_at(w));
    ensures nobody: ept_window_leaves[w] != 0 ==> of_none_but(group_at(w), page_at(w));
    ensures table: ept_window_leaves[w] != 0 ==> no_table(group_at(w), page_at(w));
    ensures past: window_stale == 0;
*/
void thm_device(uint32_t w)
{
    //@ assert leaf: leaf_wf(w);
    //@ assert placed: ept_window_leaves[w] != 0 ==> placed(w, bar_of[w]);
    //@ assert bar: ept_window_leaves[w] != 0 ==> bar_wf(bar_at(w));
    //@ assert group: ept_window_leaves[w] != 0 ==> is_group(group_at(w)) && device_wf(group_at(w));
}
