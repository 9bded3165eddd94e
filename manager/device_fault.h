/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_DEVICE_FAULT_H
#define MANAGER_DEVICE_FAULT_H

#include "manager/guest.h"

/*
 * What the core's audit log says of guests' devices, since the last call: on the console, and to the guest as PCI tells drivers.  A memory
 * access that was denied sets Received Master Abort in Status; a device that the core cut off is gone.  Cheap where no guest has a device
 * of the machine's.  To be called often on one CPU: the core looks at its VT-d units at hypercalls.
 */
void device_fault_hand_on(struct guest *const *guests, uint32_t count);

#endif
