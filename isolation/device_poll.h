/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_DEVICE_POLL_H
#define ISOLATION_DEVICE_POLL_H

#include "isolation/device.h"

/* Looks what the units have blocked since the last look, as many records of each as it keeps, and tells
 * device_fault().  Under the ownership lock.  Costs nothing where no partition has devices. */
/*@ requires locked: held == 1;
    requires inv: device_inv;
    assigns devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1],
            device_irqs[0 .. VTD_INTERRUPTS_MAX - 1], ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale,
            audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: device_inv;
*/
void device_poll(void);

#endif
