/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_DEVICE_GROUP_H
#define ISOLATION_DEVICE_GROUP_H

#include <stdint.h>

#include "isolation/device_types.h"

/*
 * Fills device_facts from what was found at boot (pci_machine, pci_facts, vtd_functions).  Default to joining: access
 * control of bridges (ACS), which would keep functions apart, is not looked at.
 */
void device_group_init(void);

/* How hypercalls name a function: segment * 65536 + bus * 256 + device * 8 + function. */
uint64_t device_name(uint32_t index);
/* The index of the function that has this name, or DEVICE_NONE. */
/*@ assigns \nothing;
    ensures \result <= DEVICE_NONE;
*/
uint32_t device_find(uint64_t name);

#endif
