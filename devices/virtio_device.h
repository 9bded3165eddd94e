/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_VIRTIO_DEVICE_H
#define DEVICES_VIRTIO_DEVICE_H

#include "devices/virtio_pci.h"

/*
 * From the transport to the device model, by the device's type.  A new type adds a case to each.
 */

/* The driver rang the doorbell of an existing queue, or work was left.  The model checks with
 * virtio_pci_queue_runs. */
void virtio_device_notify(struct virtio_pci *device, unsigned queue);

/* The driver reset the device; the transport's own state is reset already. */
void virtio_device_reset(struct virtio_pci *device);

#endif
