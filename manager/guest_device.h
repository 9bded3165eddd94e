/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_GUEST_DEVICE_H
#define MANAGER_GUEST_DEVICE_H

#include <stdbool.h>

#include "manager/guest.h"

/* The machine's PCI functions that a guest is assigned: asks the core for them, and finds out what the guest is to be shown. */

/* All functions of the machine, by their names of abi/hypercall.h; returns how many, `limit` at most. */
uint32_t guest_device_list(uint32_t *names, uint32_t limit);

/* The first function of the group that PCI function `name` is in: who has one has all. */
uint32_t guest_device_group(uint32_t name);

enum guest_device_answer {
    GUEST_DEVICE_HAD,     /* the guest has all */
    GUEST_DEVICE_WAIT,    /* one is being reset, for up to a second: ask again */
    GUEST_DEVICE_REFUSED, /* one cannot be had; the reason is on the console */
};

/* Assign the guest's devices to its partition, those from `devices_had` on.  Destroying the partition gives back those had. */
enum guest_device_answer guest_device_take(struct guest *guest);

/* Fill in those of `devices` that the guest has, and take their interrupts.  False, with the reason on the console, where a
 * guest cannot be shown one. */
bool guest_device_describe(struct guest *guest, struct device_config *devices);

#endif
