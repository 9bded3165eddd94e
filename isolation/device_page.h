/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_DEVICE_PAGE_H
#define ISOLATION_DEVICE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

/*
 * The second ownership table: the pages of memory base addresses (BARs) of functions that may be given.  Those of a group
 * that somebody has are mapped for the manager, who alone drives devices or presents them; uncached, not executable, at a place in
 * its window (ept/ept_window.h) that is fixed at boot.  Never mapped: a page of an MSI-X table, and a BAR of which a page is RAM,
 * or was forbidden, or is also of a function of another group.  Under the ownership lock, or at boot.
 */
#define DEVICE_BARS_MAX    256u
#define DEVICE_FORBIDS_MAX 256u

/* At boot, before device_page_init(): frames that are never device pages (RAM, registers of the core's).  Where there is
 * no room to remember them, no page is a device page. */
void device_page_forbid(hfn_t first, uint64_t count);
/* After device_group_init(): finds the BARs and their places. */
void device_page_init(void);

/* The pages of the group appear in the window; disappear, and no CPU holds a translation of them. */
void device_page_map(uint32_t group);
void device_page_unmap(uint32_t group);

/* Where BAR `bar` of function `name` is in the manager's address space, in bytes, and how many pages it has.  0: nowhere. */
uint64_t device_page_address(uint64_t name, uint64_t bar);
uint64_t device_page_count(uint64_t name, uint64_t bar);

#endif
