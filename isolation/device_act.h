/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_DEVICE_ACT_H
#define ISOLATION_DEVICE_ACT_H

#include <stdbool.h>
#include <stdint.h>

/* What the decisions of isolation/device.c do to hardware: to each function of group `group`, and, for a bridge, to what
 * may sign for those below it (its own id, and device 0 of the bus below).  Under the ownership lock. */

/* Requests of the group see the domain of `partition`, and then it may make them; the manager sees its device pages.  False,
 * and they are blocked: no room. */
bool device_act_attach(uint32_t group, uint32_t partition);
/* Nobody sees its device pages, the group makes no more requests, those it made have arrived, and it has no interrupts. */
void device_act_detach(uint32_t group);

/* Start a reset of the group, which is detached: function by function, or the line of its bus goes on. */
void device_act_reset(uint32_t group);
/* The line goes off. */
void device_act_reset_end(uint32_t group);
/* Does each function answer after the reset?  Then it is as it was at boot, and silent. */
bool device_act_restore(uint32_t group);

/* The TSC in `milliseconds` from now. */
uint64_t device_act_time(uint32_t milliseconds);

#endif
