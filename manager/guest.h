/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_GUEST_H
#define MANAGER_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "devices/machine.h"
#include "manager/config.h"
#include "manager/console.h"
#include "manager/guest_map.h"
#include "manager/hypercall.h"
#include "manager/memory.h"

/* One guest: its partition, vCPUs, memory and devices. */
#define GUEST_VCPUS_MAX 1u

enum guest_state {
    GUEST_OFF = 0,
    GUEST_ON = 1,
    GUEST_ENDING = 2, /* stopped; the core still scrubs its memory */
};

enum guest_vcpu_state {
    VCPU_RUNNABLE = 0,
    VCPU_HALTED = 1,
};

struct guest_vcpu {
    enum guest_vcpu_state state;
    uint64_t deadline; /* TSC; when a halted one wants to run again */
    struct run run;
};

struct guest {
    const struct config_guest *config;
    const struct boot_info *info;
    struct memory *memory;
    enum guest_state state;
    bool starts_again; /* once it has ended */
    uint64_t partition;
    uint32_t vcpu_count;
    struct guest_vcpu vcpus[GUEST_VCPUS_MAX];
    struct guest_map map;
    struct console_voice voice;
    struct device_set devices;
};

/* A guest that is off.  All that is pointed to must stay. */
void guest_init(struct guest *guest, const struct config_guest *config, const struct boot_info *info,
                struct memory *memory);

/* Load it, donate its memory, create its vCPUs, seal it: from its configuration and modules, as if for
 * the first time: off => on.  False, with the reason on the console, where that cannot be: it stays off, or is
 * ending. */
bool guest_start(struct guest *guest);

/* Stop it for good: on => ending. */
void guest_stop(struct guest *guest);

/* Take back a piece of the memory of one that is ending: a bounded piece, so that other guests go on.  With the
 * last one it is off, and starts anew where it is to. */
void guest_reclaim(struct guest *guest);

#endif
