/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_DEVICE_IRQ_H
#define ISOLATION_DEVICE_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/status.h"
#include "iommu/vtd_interrupt.h"
#include "isolation/device_page.h"
#include "isolation/invariant.h"

/*
 * Interrupts of devices that have an owner: the core writes the message into the function (MSI, or its MSI-X table, which
 * nobody else maps), and the entry of the unit's table that it leads to names the function, one CPU of the manager and one
 * vector, fixed delivery.  The manager forwards what is for a guest with VCPU_INTERRUPT.  Under the ownership lock.
 * Source: PCI Local Bus Specification 3.0, "Message Signaled Interrupts"; Intel VT-d Architecture Specification 4.1,
 * "Interrupt Requests in Remappable Format".
 */

/* For device_irq.c alone.  By handle: entry i of the table of the function's unit. */
struct device_irq {
    bool used;
    uint32_t index;  /* of the function */
    uint32_t number; /* of its interrupts */
};
extern struct device_irq device_irqs[VTD_INTERRUPTS_MAX];
/* By function: where the core has its MSI-X table; NULL: it has none. */
extern void *device_msix_tables[PCI_FUNCTIONS_MAX];

/*@ predicate is_irq(integer h) = 0 <= h < VTD_INTERRUPTS_MAX;
    predicate irq{L}(integer h) = \at(device_irqs[h].used,L) != 0;
    // An interrupt is a function's that somebody has; each has one entry.
    predicate irqs_wf{L} = \forall integer h; is_irq(h) ==> irq{L}(h) ==> is_function{L}(\at(device_irqs[h].index,L));
    predicate irqs_owned{L} = \forall integer h; is_irq(h) ==> irq{L}(h) ==> \at(dma_of[group_of{L}(\at(device_irqs[h].index,L))],L) != 0;
    predicate irqs_apart{L} = \forall integer h, j; is_irq(h) ==> is_irq(j) ==> h != j ==> irq{L}(h) ==> irq{L}(j) ==>
      \at(device_irqs[h].index,L) != \at(device_irqs[j].index,L) || \at(device_irqs[h].number,L) != \at(device_irqs[j].number,L);
    predicate irqs_inv{L} = irqs_wf{L} && irqs_owned{L} && irqs_apart{L};
    // Group g has none.
    predicate quiet{L}(integer g) = \forall integer h; is_irq(h) ==> irq{L}(h) ==> group_of{L}(\at(device_irqs[h].index,L)) != g;
*/

/* At boot, after device_group_init(): maps the MSI-X tables for the core. */
/*@ requires machine_ok;
    assigns device_msix_tables[0 .. PCI_FUNCTIONS_MAX - 1] \from \nothing;
*/
void device_irq_init(void);

/*
 * The hypercalls.  `number`: 0 for MSI, the entry of the table for MSI-X; `apic_id`: of a CPU that the manager runs on.
 *   INVALID    RDI  no such function
 *   BAD_STATE  RDI  it has no owner, or is cut off
 *   INVALID    RSI  it has no such interrupt
 *   BAD_STATE  RSI  map: it is mapped already; unmap: it is not
 *   INVALID    RDX  not a vector of 32 to 255
 *   INVALID    R10  the unit cannot name that CPU
 *   NO_ROOM         256 interrupts are mapped
 */
/*@ requires locked: held == 1;
    requires inv: machine_ok && irqs_inv;
    requires owners: \forall integer g; is_group(g) ==> devices[g].state == DEVICE_OWNED ==> dma_of[g] != 0;
    assigns device_irqs[0 .. VTD_INTERRUPTS_MAX - 1];
    ensures inv: irqs_inv;
    ensures refused: \result != STATUS_OK ==> \forall integer h; is_irq(h) ==> device_irqs[h] == \old(device_irqs[h]);
    ensures vector: \result == STATUS_OK ==> VTD_VECTOR_FIRST <= vector <= VTD_VECTOR_LAST;
*/
uint64_t device_irq_map(uint64_t name, uint64_t number, uint64_t vector, uint32_t apic_id);
/*@ requires locked: held == 1;
    requires inv: machine_ok && irqs_inv;
    assigns device_irqs[0 .. VTD_INTERRUPTS_MAX - 1];
    ensures inv: irqs_inv;
    ensures refused: \result != STATUS_OK ==> \forall integer h; is_irq(h) ==> device_irqs[h] == \old(device_irqs[h]);
*/
uint64_t device_irq_unmap(uint64_t name, uint64_t number);

/* Group `group` has no interrupts any more, and none is on its way. */
/*@ requires inv: machine_ok && irqs_wf && irqs_apart;
    assigns device_irqs[0 .. VTD_INTERRUPTS_MAX - 1];
    ensures fewer: \forall integer h; is_irq(h) ==> device_irqs[h] == \old(device_irqs[h]) || !irq(h);
    ensures quiet: quiet(group);
*/
void device_irq_drop(uint32_t group);

#endif
