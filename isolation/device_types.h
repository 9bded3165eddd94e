/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_DEVICE_TYPES_H
#define ISOLATION_DEVICE_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/pci.h"

/*
 * Who has each PCI function.  Functions that cannot be told apart, or that could reach each other past the units, are a
 * group and have one owner: those of a device, and a bridge with all below it.  A group is named by the index in
 * pci_machine of its first function.  Everything here runs under the ownership lock.
 *
 *   VIRGIN      the core's, as the firmware left it: the manager may have it, a guest after a reset
 *   DIRTY       the core's: `last` has had it, and may have it again; anybody else after a reset
 *   ASSERTED    the core's: the reset line of its bus is on until `deadline`
 *   RESETTING   the core's: nothing touches it until `deadline`
 *   CLEAN       the core's, after a reset: anybody may have it
 *   OWNED       a partition's: its requests see the partition's domain
 *   CUT_OFF     a partition's, but its requests see nothing: it made too many faults
 */
enum device_state {
    DEVICE_VIRGIN = 0,
    DEVICE_DIRTY = 1,
    DEVICE_ASSERTED = 2,
    DEVICE_RESETTING = 3,
    DEVICE_CLEAN = 4,
    DEVICE_OWNED = 5,
    DEVICE_CUT_OFF = 6,
};

struct device {
    uint32_t owner;    /* partition; PARTITION_CORE unless OWNED or CUT_OFF */
    uint32_t state;    /* enum device_state */
    uint64_t last;     /* id of the partition that has it or had it last; 0: none has */
    uint64_t deadline; /* TSC */
    uint32_t faults;   /* since it was assigned */
    uint32_t reserved;
};
_Static_assert(sizeof(struct device) == 32, "no padding");

/* What decides about a group, found at boot. */
struct device_facts {
    uint32_t group; /* of each function: the first of its group */
    bool grantable; /* of a group: each has a working unit and is of an allowed class, or a bridge */
    bool
        managers; /* of a group: never a guest's, as the firmware uses memory by one of it (RMRR), or a port above lets
                        pass what is signed with ids that are not theirs */
    bool resettable; /* of a group: there is a reset for all of it */
    bool by_bus;     /* of a group: the reset is that of the bus below its first function */
};

extern struct device devices[PCI_FUNCTIONS_MAX]; /* by group */
extern struct device_facts device_facts[PCI_FUNCTIONS_MAX];

#define DEVICE_NONE PCI_FUNCTIONS_MAX

/*@ ghost uint32_t dma_of[PCI_FUNCTIONS_MAX]; */ /* of a group: the partition whose domain its requests see; 0: blocked */
/*@ ghost uint64_t traces[PCI_FUNCTIONS_MAX]; */ /* of a group: the id of the partition whose data it may hold; 0: none */

/*@ predicate is_group(integer g) = 0 <= g < PCI_FUNCTIONS_MAX;
    predicate groups_ok{L} = \forall integer i; is_group(i) ==> is_group(\at(device_facts[i].group,L));
*/

#endif
