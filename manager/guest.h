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
#include "manager/lock.h"
#include "manager/memory.h"
#include "manager/schedule.h"

/* One guest: its partition, vCPUs, memory and devices. */
#define GUEST_VCPUS_MAX CONFIG_CPUS_MAX

enum guest_state {
    GUEST_OFF = 0,
    GUEST_ON = 1,
    GUEST_STOPPING = 2, /* a CPU has it stopped just now */
    GUEST_ENDING = 3,   /* stopped; the core still scrubs its memory */
    GUEST_TAKING = 4,   /* waits for devices of the machine's, which the core resets first */
};

#define GUEST_EXITS (RUN_WAKE + 1u)

struct guest_vcpu {
    struct schedule_vcpu schedule; /* first */
    struct guest *guest;
    struct run run;
    uint64_t exits[GUEST_EXITS]; /* by enum run_exit */
};
_Static_assert(offsetof(struct guest_vcpu, schedule) == 0, "the scheduler gives back what it was given");

struct guest {
    const struct config_guest *config;
    const struct boot_info *info;
    struct memory *memory;
    enum guest_state state; /* ON => ENDING by whoever is first (guest_stop), the rest by CPU 0 */
    uint32_t devices_had;   /* of its configuration's: the core gave it so many */
    bool starts_again;      /* once it has ended */
    struct lock lock;       /* the devices: one vCPU at a time */
    struct schedule_share share;
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
 * the first time: off => on, or => taking.  False, with the reason on the console, where that cannot be: it stays off, or is
 * ending. */
bool guest_start(struct guest *guest);

/* Go on with the start of one that is taking: => on, where the core has its devices ready now.  False: as guest_start(). */
bool guest_go_on(struct guest *guest);

/* Stop it for good: on or taking => ending, whichever CPUs are in it.  False: another CPU has stopped it already. */
bool guest_stop(struct guest *guest);

/* Take back a piece of the memory of one that is ending, once no CPU runs it any more: a bounded piece, so that other guests go on.  With the
 * last one it is off, and starts anew where it is to. */
void guest_reclaim(struct guest *guest);

#endif
