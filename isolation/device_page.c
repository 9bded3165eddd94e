/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/device_page.h"

#include <stddef.h>

#include "arch/x86_64/pci_function.h"
#include "ept/ept_flush.h"
#include "ept/ept_window.h"
#include "isolation/device_group.h"

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

static struct device_bar device_bars[DEVICE_BARS_MAX];
static uint32_t bar_count;
static uint32_t window_used; /* pages */
static struct device_range forbidden[DEVICE_FORBIDS_MAX];
static uint32_t forbidden_count;
static bool forbidden_all;

void device_page_forbid(hfn_t first, uint64_t count)
{
    if (forbidden_count == DEVICE_FORBIDS_MAX) {
        forbidden_all = true;
        return;
    }
    forbidden[forbidden_count++] = (struct device_range){first, count};
}

static struct device_range range_of(struct pci_bar bar)
{
    const hfn_t first = bar.address / FRAME_SIZE;

    return (struct device_range){first, (bar.address + bar.bytes - 1u) / FRAME_SIZE - first + 1u};
}

static bool overlap(struct device_range one, struct device_range other)
{
    return one.first < other.first + other.count && other.first < one.first + one.count;
}

/* Is a page of the range anything else than group `group`'s? */
static bool is_disputed(struct device_range range, uint32_t group)
{
    for (uint32_t i = 0; i < forbidden_count; i++) {
        if (overlap(range, forbidden[i])) {
            return true;
        }
    }
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        for (uint32_t b = 0; b < PCI_BARS && device_facts[i].group != group; b++) {
            const struct pci_bar bar = pci_function_bar(i, b);

            if (bar.bytes != 0 && overlap(range, range_of(bar))) {
                return true;
            }
        }
    }
    return forbidden_all;
}

static void add(uint32_t index, uint32_t bar)
{
    const struct pci_bar at = pci_function_bar(index, bar);
    const struct device_range range = range_of(at);

    if (at.bytes == 0 || bar_count == DEVICE_BARS_MAX || range.count > EPT_WINDOW_PAGES - window_used ||
        is_disputed(range, device_facts[index].group)) {
        return;
    }
    device_bars[bar_count++] = (struct device_bar){
        .index = index, .bar = bar, .first = window_used, .count = (uint32_t)range.count, .hfn = range.first};
    window_used += (uint32_t)range.count;
}

void device_page_init(void)
{
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        for (uint32_t b = 0; b < PCI_BARS && device_facts[device_facts[i].group].grantable; b++) {
            add(i, b);
        }
    }
}

/* Is a part of an MSI-X table of the group in this page?  Its entries are the core's. */
static bool is_msix(uint32_t group, hfn_t hfn)
{
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        const struct pci_bar table = pci_function_msix(i);

        if (device_facts[i].group == group && table.bytes != 0 &&
            overlap((struct device_range){hfn, 1}, range_of(table))) {
            return true;
        }
    }
    return false;
}

void device_page_map(uint32_t group)
{
    for (uint32_t n = 0; n < bar_count && ept_window_is_open(); n++) {
        const struct device_bar *bar = &device_bars[n];

        for (uint32_t k = 0; k < bar->count && device_facts[bar->index].group == group; k++) {
            if (!is_msix(group, bar->hfn + k)) {
                ept_window_set(bar->first + k, (bar->hfn + k) * FRAME_SIZE + EPT_LEAF_DEVICE);
            }
        }
    }
}

void device_page_unmap(uint32_t group)
{
    for (uint32_t n = 0; n < bar_count; n++) {
        const struct device_bar *bar = &device_bars[n];

        for (uint32_t k = 0; k < bar->count && device_facts[bar->index].group == group; k++) {
            ept_window_set(bar->first + k, 0);
        }
    }
    ept_flush_cpus(PARTITION_MANAGER);
}

static const struct device_bar *find(uint64_t name, uint64_t bar)
{
    for (uint32_t n = 0; n < bar_count && ept_window_is_open(); n++) {
        if (device_name(device_bars[n].index) == name && device_bars[n].bar == bar) {
            return &device_bars[n];
        }
    }
    return NULL;
}

uint64_t device_page_address(uint64_t name, uint64_t bar)
{
    const struct device_bar *found = find(name, bar);

    return found == NULL ? 0
                         : address_of_frame(EPT_WINDOW_GFN + found->first) +
                               pci_function_bar(found->index, found->bar).address % FRAME_SIZE;
}

uint64_t device_page_count(uint64_t name, uint64_t bar)
{
    const struct device_bar *found = find(name, bar);

    return found == NULL ? 0 : found->count;
}
