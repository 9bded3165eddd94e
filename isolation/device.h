/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_DEVICE_H
#define ISOLATION_DEVICE_H

#include <stdint.h>

#include "abi/status.h"
#include "isolation/audit.h"
#include "isolation/device_act.h"
#include "isolation/device_irq.h"
#include "isolation/device_page.h"
#include "isolation/device_types.h"
#include "isolation/life.h"

/* Who has each device, and how it changes hands.  Under the ownership lock; device_init() at boot. */

#define DEVICE_FAULTS_TOLD 16u   /* faults of a group that the audit log tells of, since it was assigned */
#define DEVICE_FAULTS_MAX  1024u /* at so many it is cut off */

/*@ predicate had{L}(integer g) = \at(devices[g].state,L) == DEVICE_OWNED || \at(devices[g].state,L) == DEVICE_CUT_OFF;
    predicate device_wf{L}(integer g) =
      \at(devices[g].state,L) <= DEVICE_CUT_OFF &&
      // Requests see the domain of the owner, or none.
      \at(dma_of[g],L) == (\at(devices[g].state,L) == DEVICE_OWNED ? \at(devices[g].owner,L) : 0) &&
      (had{L}(g) <==> \at(devices[g].owner,L) != PARTITION_CORE) &&
      // Who may have it.
      (had{L}(g) ==> is_partition(\at(devices[g].owner,L)) && \at(device_facts[g].grantable,L) != 0 &&
        (is_guest(\at(devices[g].owner,L)) ==> \at(device_facts[g].managers,L) == 0)) &&
      // Nobody finds what another left in it.
      (\at(traces[g],L) == 0 || \at(traces[g],L) == \at(devices[g].last,L)) &&
      (\at(devices[g].state,L) == DEVICE_VIRGIN || (DEVICE_ASSERTED <= \at(devices[g].state,L) <= DEVICE_CLEAN) ==>
        \at(traces[g],L) == 0);
    predicate device_inv{L} = acts_inv{L} && \forall integer g; is_group(g) ==> device_wf{L}(g);
    predicate same_devices_but{L1,L2}(integer a) = \forall integer g; is_group(g) ==> g != a ==>
      \at(devices[g],L1) == \at(devices[g],L2) && \at(dma_of[g],L1) == \at(dma_of[g],L2);
*/

/* At boot, after vtd_function_init() and pci_function_init(): every group is VIRGIN. */
/*@ requires boot: \forall integer g; is_group(g) ==> dma_of[g] == 0 && traces[g] == 0;
    requires hardware: acts_inv;
    assigns devices[0 .. PCI_FUNCTIONS_MAX - 1];
    ensures inv: device_inv;
*/
void device_init(void);

/*
 * The hypercalls (abi/hypercall.h).
 *   INVALID    RDI  no such partition
 *   INVALID    RSI  no such function
 *   BAD_STATE  RDI  the partition is DESTROYING, or was killed
 *   DENIED     RSI  a function of the group is of no allowed class, or held by no unit, or (guests) the firmware's; or
 *                   somebody else has had it and nothing resets all of it
 *   BAD_STATE  RSI  somebody has it
 *   RETRY           it is being reset
 *   NO_ROOM    RSI  too many buses, or partitions that have devices
 */
/*@ requires inv: device_inv;
    assigns devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, traces[0 .. PCI_FUNCTIONS_MAX - 1],
            audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: device_inv;
    ensures stays: \forall integer g; is_group(g) ==> \old(had(g)) ==> devices[g] == \old(devices[g]) && dma_of[g] == \old(dma_of[g]);
*/
uint64_t device_assign(uint64_t id, uint64_t name);
/* INVALID at RDI: no such function.  BAD_STATE at RDI: nobody has it. */
/*@ requires inv: device_inv;
    assigns devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: device_inv;
*/
uint64_t device_release(uint64_t name);

/* Partition `partition` has no devices any more.  Before its tables go. */
/*@ requires inv: device_inv && is_partition(partition);
    assigns devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: device_inv;
    ensures gone: \forall integer g; is_group(g) ==> devices[g].owner != partition && dma_of[g] != partition;
*/
void device_release_all(uint32_t partition);

/* A unit blocked a request of function `name`: of page `address`, for `reason` (iommu/vtd_fault.h). */
/*@ requires inv: device_inv;
    assigns devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: device_inv;
*/
void device_fault(uint64_t name, uint64_t address, uint64_t reason);

#endif
