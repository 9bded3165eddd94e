/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_IOMMU_ASSIGN_H
#define TESTS_IOMMU_ASSIGN_H

#include "tests/iommu/check.h"
#include "tests/iommu/edu.h"

/* The edu given to the manager and to guests as the hypercalls do it: owners, resets, interrupts, configuration space,
 * faults.  Nobody has it before and after.  Ends with one guest less: `guest` is destroyed. */
void test_assign(const struct edu *edu, const struct guest *guest, const struct guest *other);

/* Assign function `name` to partition `id`, going on while the answer is RETRY.  False: refused. */
bool assign_and_wait(uint64_t id, uint64_t name);
/* Is page `page` of the function's first BAR in the manager's window, uncached? */
bool assign_maps_page(uint64_t name, uint64_t page);

#endif
