/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/device_page.h"

#include "ept/ept_flush.h"
#include "isolation/device_group.h"
#include "isolation/trusted_device.h"

struct device_bar device_bars[DEVICE_BARS_MAX];
uint32_t device_bar_count;
uint32_t device_window_used;
struct device_range device_forbids[DEVICE_FORBIDS_MAX];
uint32_t device_forbid_count;
bool device_forbids_all;

void device_page_forbid(hfn_t first, uint64_t count)
{
    if (device_forbid_count == DEVICE_FORBIDS_MAX) {
        device_forbids_all = true;
        return;
    }
    device_forbids[device_forbid_count].first = first;
    device_forbids[device_forbid_count].count = count;
    device_forbid_count++;
}

/*@ requires bar.bytes != 0 && bar.address + bar.bytes <= 0xffffffffffffffff;
    assigns \nothing;
    ensures pages: \forall integer p; in_range(\result, p) <==> in_bar(bar, p);
    ensures first: \result.first == first_page(bar);
    ensures count: \result.first + \result.count == last_page(bar) + 1 && \result.count >= 1;
    ensures wf: \result.first + \result.count <= 0x10000000000000;
*/
static struct device_range range_of(struct pci_bar bar)
{
    const hfn_t first = bar.address / FRAME_SIZE;

    return (struct device_range){first, (bar.address + bar.bytes - 1u) / FRAME_SIZE - first + 1u};
}

/*@ requires range_wf(one) && range_wf(other);
    assigns \nothing;
    ensures none: \result == 0 ==> \forall integer p; in_range(one, p) ==> !in_range(other, p);
*/
static bool overlap(struct device_range one, struct device_range other)
{
    return one.first < other.first + other.count && other.first < one.first + one.count;
}

/* Was a page of the range forbidden? */
/*@ requires forbids_wf && range_wf(range);
    assigns \nothing;
    ensures free: \result == 0 ==> device_forbids_all == 0 && \forall integer p; in_range(range, p) ==> unforbidden(p);
*/
static bool is_forbidden(struct device_range range)
{
    /*@ loop invariant 0 <= i <= device_forbid_count;
        loop invariant free: \forall integer f, p; 0 <= f < i ==> in_range(range, p) ==> !in_range(device_forbids[f], p);
        loop assigns i;
        loop variant device_forbid_count - i; */
    for (uint32_t i = 0; i < device_forbid_count; i++) {
        if (overlap(range, device_forbids[i])) {
            return true;
        }
    }
    return device_forbids_all;
}

/*@ predicate apart{L}(struct device_range r, integer i) = \forall integer b, p; 0 <= b < PCI_BARS ==> in_range(r, p) ==>
      !in_bar(\at(bar_found[i][b],L), p);
*/

/* Is a page of the range also of function `index`? */
/*@ requires range_wf(range) && index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
    ensures free: \result == 0 ==> apart(range, index);
*/
static bool is_also_of(struct device_range range, uint32_t index)
{
    /*@ loop invariant 0 <= b <= PCI_BARS;
        loop invariant free: \forall integer c, p; 0 <= c < b ==> in_range(range, p) ==> !in_bar(bar_found[index][c], p);
        loop assigns b;
        loop variant PCI_BARS - b; */
    for (uint32_t b = 0; b < PCI_BARS; b++) {
        const struct pci_bar bar = pci_function_bar(index, b);

        if (bar.bytes != 0 && overlap(range, range_of(bar))) {
            return true;
        }
    }
    return false;
}

/* Is a page of the range anything else than group `group`'s? */
/*@ requires machine_ok && forbids_wf && range_wf(range);
    assigns \nothing;
    ensures forbids: \result == 0 ==> device_forbids_all == 0 && \forall integer p; in_range(range, p) ==> unforbidden(p);
    ensures groups: \result == 0 ==> \forall integer p; in_range(range, p) ==> of_none_but(group, p);
*/
static bool is_disputed(struct device_range range, uint32_t group)
{
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop invariant free: \forall integer j; 0 <= j < i ==> group_of(j) != group ==> apart(range, j);
        loop assigns i;
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        if (device_facts[i].group != group && is_also_of(range, i)) {
            return true;
        }
    }
    return is_forbidden(range);
}

/* BAR `bar` of function `index` gets a place, if it may have one and there is room. */
/*@ requires inv: bars_inv && is_function(index) && bar < PCI_BARS && device_facts[group_of(index)].grantable != 0;
    assigns device_bars[0 .. DEVICE_BARS_MAX - 1], device_bar_count, device_window_used, bar_of[0 .. EPT_WINDOW_PAGES - 1];
    ensures inv: bars_inv;
*/
static void add(uint32_t index, uint32_t bar)
{
    const struct pci_bar at = pci_function_bar(index, bar);
    struct device_range range;

    if (at.bytes == 0 || device_bar_count == DEVICE_BARS_MAX) {
        return;
    }
    range = range_of(at);
    if (range.count > EPT_WINDOW_PAGES - device_window_used ||
        is_disputed(range, device_facts[index].group)) {
        return;
    }
    device_bars[device_bar_count].index = index;
    device_bars[device_bar_count].bar = bar;
    device_bars[device_bar_count].first = device_window_used;
    device_bars[device_bar_count].count = (uint32_t)range.count;
    device_bars[device_bar_count].hfn = range.first;
    /*@ ghost
        /@ loop invariant 0 <= k <= range.count;
           loop invariant new: \forall integer w; device_window_used <= w < device_window_used + k ==> bar_of[w] == device_bar_count;
           loop invariant old: \forall integer w; 0 <= w < device_window_used ==> bar_of[w] == \at(bar_of[w],Pre);
           loop assigns k, bar_of[0 .. EPT_WINDOW_PAGES - 1];
           loop variant range.count - k; @/
        for (uint32_t k = 0; k < range.count; k++) {
            bar_of[device_window_used + k] = device_bar_count;
        }
    */
    device_window_used += (uint32_t)range.count;
    device_bar_count++;
    //@ assert others: \forall integer n; 0 <= n < device_bar_count - 1 ==> device_bars[n] == \at(device_bars[n],Pre);
    //@ assert old: \forall integer n; 0 <= n < device_bar_count - 1 ==> bar_wf(device_bars[n]) && place_wf(n);
    //@ assert this: bar_wf(device_bars[device_bar_count - 1]);
    //@ assert place: place_wf(device_bar_count - 1);
}

void device_page_init(void)
{
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop invariant inv: bars_inv;
        loop assigns i, device_bars[0 .. DEVICE_BARS_MAX - 1], device_bar_count, device_window_used, bar_of[0 .. EPT_WINDOW_PAGES - 1];
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        /*@ loop invariant 0 <= b <= PCI_BARS;
            loop invariant inv: bars_inv;
            loop assigns b, device_bars[0 .. DEVICE_BARS_MAX - 1], device_bar_count, device_window_used, bar_of[0 .. EPT_WINDOW_PAGES - 1];
            loop variant PCI_BARS - b; */
        for (uint32_t b = 0; b < PCI_BARS && device_facts[device_facts[i].group].grantable; b++) {
            add(i, b);
        }
    }
}

/* Is a part of an MSI-X table of the group in this page?  Its entries are the core's. */
/*@ requires machine_ok && hfn <= 0x10000000000000;
    assigns \nothing;
    ensures none: \result == 0 ==> no_table(group, hfn);
*/
static bool is_msix(uint32_t group, hfn_t hfn)
{
    const struct device_range page = {hfn, 1};

    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop invariant none: \forall integer j; 0 <= j < i ==> group_of(j) == group ==> !in_bar(table_found[j], hfn);
        loop assigns i;
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        const struct pci_bar table = pci_function_msix(i);

        //@ assert page: in_range(page, hfn);
        if (device_facts[i].group == group && table.bytes != 0 && overlap(page, range_of(table))) {
            return true;
        }
    }
    return false;
}

/* The pages of BAR `n` appear; disappear. */
/*@ requires inv: window_inv && n < device_bar_count && dma_of[group_of(device_bars[n].index)] != 0;
    assigns ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale;
    ensures inv: window_inv;
    ensures others: \forall integer w; is_page(w) ==> bar_of[w] != n ==> ept_window_leaves[w] == \old(ept_window_leaves[w]);
*/
static void map_bar(uint32_t n)
{
    const struct device_bar bar = device_bars[n];

    //@ assert wf: bar_wf(device_bars[n]) && place_wf(n);
    /*@ loop invariant 0 <= k <= bar.count;
        loop invariant leaves: leaves_wf;
        loop invariant fresh: window_stale == 0;
        loop invariant others: \forall integer w; is_page(w) ==> bar_of[w] != n ==> ept_window_leaves[w] == \at(ept_window_leaves[w],Pre);
        loop assigns k, ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale;
        loop variant bar.count - k; */
    for (uint32_t k = 0; k < bar.count; k++) {
        //@ assert here: is_page(bar.first + k) && bar_of[bar.first + k] == n && page_at(bar.first + k) == bar.hfn + k;
        if (!is_msix(device_facts[bar.index].group, bar.hfn + k)) {
            //@ assert leaf: leaf_wf(bar.first + k);
            ept_window_set(bar.first + k, (bar.hfn + k) * FRAME_SIZE + EPT_LEAF_DEVICE);
            //@ assert shown: leaf_wf(bar.first + k);
        }
    }
}

/*@ requires inv: bars_inv && leaves_wf && n < device_bar_count;
    assigns ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale;
    ensures leaves: leaves_wf;
    ensures gone: \forall integer w; is_page(w) ==> ept_window_leaves[w] != 0 ==> bar_of[w] != n;
    ensures others: \forall integer w; is_page(w) ==> ept_window_leaves[w] == \old(ept_window_leaves[w]) || (ept_window_leaves[w] == 0 && bar_of[w] == n);
*/
static void unmap_bar(uint32_t n)
{
    const struct device_bar bar = device_bars[n];

    //@ assert wf: bar_wf(device_bars[n]) && place_wf(n);
    /*@ loop invariant 0 <= k <= bar.count;
        loop invariant leaves: leaves_wf;
        loop invariant gone: \forall integer w; bar.first <= w < bar.first + k ==> ept_window_leaves[w] == 0;
        loop invariant others: \forall integer w; is_page(w) ==> ept_window_leaves[w] == \at(ept_window_leaves[w],Pre) || (ept_window_leaves[w] == 0 && bar_of[w] == n);
        loop assigns k, ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale;
        loop variant bar.count - k; */
    for (uint32_t k = 0; k < bar.count; k++) {
        //@ assert here: is_page(bar.first + k) && bar_of[bar.first + k] == n;
        ept_window_set(bar.first + k, 0);
    }
    //@ assert placed: \forall integer w; is_page(w) ==> ept_window_leaves[w] != 0 ==> placed(w, bar_of[w]);
}

void device_page_map(uint32_t group)
{
    /*@ loop invariant 0 <= n <= device_bar_count;
        loop invariant inv: window_inv;
        loop invariant others: \forall integer w; is_page(w) ==> group_at(w) != group ==> ept_window_leaves[w] == \at(ept_window_leaves[w],Pre);
        loop assigns n, ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale;
        loop variant device_bar_count - n; */
    for (uint32_t n = 0; n < device_bar_count && ept_window_is_open(); n++) {
        //@ assert wf: bar_wf(device_bars[n]);
        if (device_facts[device_bars[n].index].group == group) {
            map_bar(n);
        }
    }
}

void device_page_unmap(uint32_t group)
{
    /*@ loop invariant 0 <= n <= device_bar_count;
        loop invariant leaves: leaves_wf;
        loop invariant gone: \forall integer w; is_page(w) ==> ept_window_leaves[w] != 0 ==> bar_of[w] < n ==> group_at(w) != group;
        loop invariant others: \forall integer w; is_page(w) ==> group_at(w) != group ==> ept_window_leaves[w] == \at(ept_window_leaves[w],Pre);
        loop assigns n, ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale;
        loop variant device_bar_count - n; */
    for (uint32_t n = 0; n < device_bar_count; n++) {
        //@ assert wf: bar_wf(device_bars[n]);
        if (device_facts[device_bars[n].index].group == group) {
            unmap_bar(n);
        }
    }
    //@ assert placed: \forall integer w; is_page(w) ==> ept_window_leaves[w] != 0 ==> placed(w, bar_of[w]);
    ept_flush_cpus(PARTITION_MANAGER);
}

/*@ requires inv: bars_inv;
    assigns \nothing;
    ensures \result == DEVICE_BAR_NONE || \result < device_bar_count;
*/
static uint32_t find(uint64_t name, uint64_t bar)
{
    /*@ loop invariant 0 <= n <= device_bar_count;
        loop assigns n;
        loop variant device_bar_count - n; */
    for (uint32_t n = 0; n < device_bar_count && ept_window_is_open(); n++) {
        //@ assert wf: bar_wf(device_bars[n]);
        if (device_name(device_bars[n].index) == name && device_bars[n].bar == bar) {
            return n;
        }
    }
    return DEVICE_BAR_NONE;
}

uint64_t device_page_address(uint64_t name, uint64_t bar)
{
    const uint32_t n = find(name, bar);

    if (n == DEVICE_BAR_NONE) {
        return 0;
    }
    //@ assert wf: bar_wf(device_bars[n]);
    return address_of_frame(EPT_WINDOW_GFN + device_bars[n].first) +
           pci_function_bar(device_bars[n].index, device_bars[n].bar).address % FRAME_SIZE;
}

uint64_t device_page_count(uint64_t name, uint64_t bar)
{
    const uint32_t n = find(name, bar);

    return n == DEVICE_BAR_NONE ? 0 : device_bars[n].count;
}
