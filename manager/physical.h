/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PHYSICAL_H
#define MANAGER_PHYSICAL_H

#include <stdint.h>

#include "lib/addr.h"

/* The direct map: physical address P is at DIRECT_MAP + P, as far as there is RAM (manager/paging.c).
 * What the manager does not own faults when touched (abi/hypercall.h). */
#define DIRECT_MAP     0xffff800000000000ull
#define MANAGER_WINDOW 0x40000000ull /* where the image is linked: manager/manager.lds */

static inline void *physical_at(uint64_t address)
{
    return (void *)(uintptr_t)(DIRECT_MAP + address);
}

#endif
