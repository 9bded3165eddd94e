/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_VIRTIO_DEVICE_H
#define DEVICES_VIRTIO_DEVICE_H

#include "devices/virtio_pci.h"

/* From the transport to the device model, by the device's type: the driver rang the doorbell of an
 * existing queue, or work was left.  The queue may not be running.  A model serves a bounded piece and
 * says in device->work_left that there may be more. */
void virtio_device_notify(struct virtio_pci *device, unsigned queue);

#endif
