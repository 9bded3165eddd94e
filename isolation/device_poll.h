/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_DEVICE_POLL_H
#define ISOLATION_DEVICE_POLL_H

/* Looks what the units have blocked since the last look, as many records of each as it keeps, and tells
 * device_fault().  Under the ownership lock.  Costs nothing where no partition has devices. */
void device_poll(void);

#endif
