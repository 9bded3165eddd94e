/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_DEVICE_PAGE_H
#define ISOLATION_DEVICE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/pci_function.h"
#include "ept/ept_window.h"
#include "isolation/device_types.h"
#include "lib/addr.h"

/*
 * The second ownership table: the pages of memory base addresses (BARs) of functions that may be given.  Those of a group
 * that somebody has are mapped for the manager, who alone drives devices or presents them; uncached, not executable, at a place in
 * its window (ept/ept_window.h) that is fixed at boot.  Never mapped: a page of an MSI-X table, and a BAR of which a page is RAM,
 * or was forbidden, or is also of a function of another group.  Under the ownership lock, or at boot.
 */
#define DEVICE_BARS_MAX    256u
#define DEVICE_FORBIDS_MAX 256u
#define DEVICE_BAR_NONE    DEVICE_BARS_MAX

/* For device_page.c alone: BARs that have a place in the window, and frames that are never device pages. */
struct device_bar {
    uint32_t index; /* of the function */
    uint32_t bar;
    uint32_t first; /* page of the window */
    uint32_t count;
    hfn_t hfn;
};
struct device_range {
    hfn_t first;
    uint64_t count;
};
extern struct device_bar device_bars[DEVICE_BARS_MAX];
extern uint32_t device_bar_count;
extern uint32_t device_window_used; /* pages */
extern struct device_range device_forbids[DEVICE_FORBIDS_MAX];
extern uint32_t device_forbid_count;
extern bool device_forbids_all;

/*@ ghost uint32_t bar_of[EPT_WINDOW_PAGES]; */ /* of a page of the window: the BAR that has it, in device_bars */

/*@ predicate is_function{L}(integer i) = 0 <= i < \at(pci_machine.count,L);
    logic integer group_of{L}(integer i) = \at(device_facts[i].group,L);
    logic integer first_page(struct pci_bar b) = b.address / 4096;
    logic integer last_page(struct pci_bar b) = (b.address + b.bytes - 1) / 4096;
    predicate in_bar(struct pci_bar b, integer p) = b.bytes != 0 && first_page(b) <= p <= last_page(b);
    predicate in_range(struct device_range r, integer p) = r.first <= p < r.first + r.count;
    // Page p is nothing but group g's.
    predicate unforbidden{L}(integer p) = \forall integer f; 0 <= f < \at(device_forbid_count,L) ==> !in_range(\at(device_forbids[f],L), p);
    predicate of_none_but{L}(integer g, integer p) = \forall integer i, b; is_function{L}(i) ==> 0 <= b < PCI_BARS ==>
      group_of{L}(i) != g ==> !in_bar(\at(bar_found[i][b],L), p);
    // Nor of an MSI-X table of it.
    predicate no_table{L}(integer g, integer p) = \forall integer i; is_function{L}(i) ==> group_of{L}(i) == g ==>
      !in_bar(\at(table_found[i],L), p);

    predicate range_wf(struct device_range r) = r.first <= 0x4000000000000000 && r.count <= 0x4000000000000000;
    predicate forbids_wf{L} = \at(device_forbid_count,L) <= DEVICE_FORBIDS_MAX &&
      (\forall integer f; 0 <= f < \at(device_forbid_count,L) ==> range_wf(\at(device_forbids[f],L)));
    predicate numbers_ok{L} = \at(pci_machine.count,L) <= PCI_FUNCTIONS_MAX && (\forall integer i; is_function{L}(i) ==>
      \at(pci_machine.functions[i].device,L) < 32 && \at(pci_machine.functions[i].function,L) < 8);
    predicate machine_ok{L} = numbers_ok{L} && groups_ok{L} && (\forall integer i; is_function{L}(i) ==> group_of{L}(i) <= i);
    // A BAR of a function that may be given has a run of pages of the window, none of which is anybody else's.
    predicate bar_wf{L}(struct device_bar b) = is_function{L}(b.index) && b.bar < PCI_BARS &&
      \at(device_facts[group_of{L}(b.index)].grantable,L) != 0 &&
      \at(bar_found[b.index][b.bar].bytes,L) != 0 && b.hfn == first_page(\at(bar_found[b.index][b.bar],L)) &&
      b.hfn + b.count == last_page(\at(bar_found[b.index][b.bar],L)) + 1 && b.hfn + b.count <= 0x10000000000000 &&
      b.first + b.count <= \at(device_window_used,L) &&
      (\forall integer p; b.hfn <= p < b.hfn + b.count ==> unforbidden{L}(p) && of_none_but{L}(group_of{L}(b.index), p));
    predicate place_wf{L}(integer n) = \forall integer w;
      \at(device_bars[n].first,L) <= w < \at(device_bars[n].first,L) + \at(device_bars[n].count,L) ==> \at(bar_of[w],L) == n;
    predicate placed{L}(integer w, integer n) = n < \at(device_bar_count,L) &&
      \at(device_bars[n].first,L) <= w < \at(device_bars[n].first,L) + \at(device_bars[n].count,L);
    predicate bars_inv{L} = machine_ok{L} && forbids_wf{L} &&
      \at(device_bar_count,L) <= DEVICE_BARS_MAX && \at(device_window_used,L) <= EPT_WINDOW_PAGES &&
      (\at(device_forbids_all,L) != 0 ==> \at(device_bar_count,L) == 0) &&
      (\forall integer n; 0 <= n < \at(device_bar_count,L) ==> bar_wf{L}(\at(device_bars[n],L)) && place_wf{L}(n)) &&
      (\forall integer w; 0 <= w < \at(device_window_used,L) ==> placed{L}(w, \at(bar_of[w],L)));

    // What page w of the window shows, if anything: its page of its BAR, of a group that somebody has.
    logic struct device_bar bar_at{L}(integer w) = \at(device_bars[bar_of[w]],L);
    logic integer page_at{L}(integer w) = bar_at{L}(w).hfn + w - bar_at{L}(w).first;
    logic integer group_at{L}(integer w) = group_of{L}(bar_at{L}(w).index);
    predicate leaf_wf{L}(integer w) = \at(ept_window_leaves[w],L) == 0 || (w < \at(device_window_used,L) &&
      \at(ept_window_leaves[w],L) == page_at{L}(w) * 4096 + EPT_LEAF_DEVICE &&
      \at(dma_of[group_at{L}(w)],L) != 0 && no_table{L}(group_at{L}(w), page_at{L}(w)));
    predicate is_page(integer w) = 0 <= w < EPT_WINDOW_PAGES;
    predicate leaves_wf{L} = \forall integer w; is_page(w) ==> leaf_wf{L}(w);
    predicate window_inv{L} = bars_inv{L} && leaves_wf{L} && \at(window_stale,L) == 0;
    // Nothing of group g is shown.
    predicate hidden{L}(integer g) = \forall integer w; is_page(w) ==> \at(ept_window_leaves[w],L) != 0 ==> group_at{L}(w) != g;
*/

/* At boot, before device_page_init(): frames that are never device pages (RAM, registers of the core's).  Where there is
 * no room to remember them, no page is a device page. */
/*@ requires boot: forbids_wf && device_bar_count == 0;
    requires range: first <= 0x4000000000000000 && count <= 0x4000000000000000;
    assigns device_forbids[device_forbid_count], device_forbid_count, device_forbids_all;
    ensures wf: forbids_wf;
    ensures told: device_forbids_all != 0 || \forall integer p; \old(unforbidden(p)) && !(first <= p < first + count) <==> unforbidden(p);
*/
void device_page_forbid(hfn_t first, uint64_t count);
/* After device_group_init(): finds the BARs and their places. */
/*@ requires boot: machine_ok && forbids_wf && device_bar_count == 0 && device_window_used == 0 && window_stale == 0;
    requires empty: \forall integer w; is_page(w) ==> ept_window_leaves[w] == 0;
    assigns device_bars[0 .. DEVICE_BARS_MAX - 1], device_bar_count, device_window_used, bar_of[0 .. EPT_WINDOW_PAGES - 1];
    ensures inv: window_inv;
*/
void device_page_init(void);

/* The pages of the group appear in the window; disappear, and no CPU holds a translation of them. */
/*@ requires inv: window_inv && is_group(group) && dma_of[group] != 0;
    assigns ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale;
    ensures inv: window_inv;
    ensures others: \forall integer w; is_page(w) ==> group_at(w) != group ==> ept_window_leaves[w] == \old(ept_window_leaves[w]);
*/
void device_page_map(uint32_t group);
/*@ requires inv: window_inv && is_group(group);
    assigns ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale;
    ensures inv: window_inv;
    ensures gone: hidden(group);
    ensures others: \forall integer w; is_page(w) ==> group_at(w) != group ==> ept_window_leaves[w] == \old(ept_window_leaves[w]);
*/
void device_page_unmap(uint32_t group);

/* Where BAR `bar` of function `name` is in the manager's address space, in bytes, and how many pages it has.  0: nowhere. */
/*@ requires inv: bars_inv;
    assigns \nothing;
*/
uint64_t device_page_address(uint64_t name, uint64_t bar);
/*@ requires inv: bars_inv;
    assigns \nothing;
*/
uint64_t device_page_count(uint64_t name, uint64_t bar);

#endif
