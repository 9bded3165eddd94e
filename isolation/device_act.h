/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_DEVICE_ACT_H
#define ISOLATION_DEVICE_ACT_H

#include <stdbool.h>
#include <stdint.h>

#include "isolation/device_irq.h"
#include "isolation/device_page.h"
#include "isolation/invariant.h"

/* What the decisions of isolation/device.c do to hardware: to each function of group `group`, and, for a bridge, to what
 * may sign for those below it (its own id, and device 0 of the bus below).  Under the ownership lock. */

/*@ ghost uint32_t sees[PCI_FUNCTIONS_MAX]; */ /* the partition whose domain a function's requests see, by their contexts; 0: none */

/*@ // A group's requests see one domain, all of them.
    predicate sees_inv{L} = \forall integer i; is_function{L}(i) ==> \at(sees[i],L) == \at(dma_of[group_of{L}(i)],L);
    // What hardware was told follows from who has what: the domains that requests see, the pages that the manager sees, interrupts.
    predicate acts_inv{L} = window_inv{L} && sees_inv{L} && irqs_inv{L};
*/

/* Requests of the group see the domain of `partition`, and then it may make them; the manager sees its device pages.  False,
 * and they are blocked: no room. */
/*@ requires inv: acts_inv && is_group(group) && dma_of[group] == 0 && is_partition(partition);
    assigns dma_of[group], sees[0 .. PCI_FUNCTIONS_MAX - 1], ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale;
    ensures inv: acts_inv;
    ensures given: \result ==> dma_of[group] == partition;
    ensures refused: !\result ==> dma_of[group] == 0;
*/
bool device_act_attach(uint32_t group, uint32_t partition);
/* Nobody sees its device pages, the group makes no more requests, those it made have arrived, and it has no interrupts. */
/*@ requires inv: acts_inv && is_group(group);
    assigns dma_of[group], sees[0 .. PCI_FUNCTIONS_MAX - 1], ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale,
            device_irqs[0 .. VTD_INTERRUPTS_MAX - 1];
    ensures inv: acts_inv;
    ensures blocked: dma_of[group] == 0 && hidden(group) && quiet(group);
*/
void device_act_detach(uint32_t group);

/* Start a reset of the group, which is detached: function by function, or the line of its bus goes on. */
/*@ requires machine_ok && is_group(group) && dma_of[group] == 0;
    assigns traces[group];
    ensures traces[group] == 0;
*/
void device_act_reset(uint32_t group);
/* The line goes off. */
/*@ requires is_group(group) && dma_of[group] == 0;
    assigns \nothing;
*/
void device_act_reset_end(uint32_t group);
/* Does each function answer after the reset?  Then it is as it was at boot, and silent. */
/*@ requires machine_ok && is_group(group) && dma_of[group] == 0;
    assigns \nothing;
*/
bool device_act_restore(uint32_t group);

/* The TSC in `milliseconds` from now. */
/*@ requires milliseconds <= 1000;
    assigns \nothing;
*/
uint64_t device_act_time(uint32_t milliseconds);

#endif
