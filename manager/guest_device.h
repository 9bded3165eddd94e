/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_GUEST_DEVICE_H
#define MANAGER_GUEST_DEVICE_H

#include <stdbool.h>

#include "manager/guest.h"

/* The machine's PCI functions that a guest is assigned: asks the core for them, and finds out what the guest is to be shown. */

/* All functions of the machine, by their names of abi/hypercall.h; returns how many, `limit` at most. */
uint32_t guest_device_list(uint32_t *names, uint32_t limit);

/* Assign the guest's devices to its partition, and fill in those of `devices`.  False, with the reason on the console, where
 * one cannot be had: destroying the partition gives back those before it. */
bool guest_device_assign(struct guest *guest, struct device_config *devices);

#endif
