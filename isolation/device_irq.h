/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_DEVICE_IRQ_H
#define ISOLATION_DEVICE_IRQ_H

#include <stdint.h>

#include "abi/status.h"

/*
 * Interrupts of devices that have an owner: the core writes the message into the function (MSI, or its MSI-X table, which
 * nobody else maps), and the entry of the unit's table that it leads to names the function, one CPU of the manager and one
 * vector, fixed delivery.  The manager forwards what is for a guest with VCPU_INTERRUPT.  Under the ownership lock.
 * Source: PCI Local Bus Specification 3.0, "Message Signaled Interrupts"; Intel VT-d Architecture Specification 4.1,
 * "Interrupt Requests in Remappable Format".
 */

/* At boot, after device_group_init(): maps the MSI-X tables for the core. */
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
uint64_t device_irq_map(uint64_t name, uint64_t number, uint64_t vector, uint32_t apic_id);
uint64_t device_irq_unmap(uint64_t name, uint64_t number);

/* Group `group` has no interrupts any more, and none is on its way. */
void device_irq_drop(uint32_t group);

#endif
