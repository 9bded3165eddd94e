/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/virtio_device.h"

#include <stddef.h>

#include "devices/virtio_block.h"
#include "devices/virtio_console.h"
#include "devices/virtio_entropy.h"

_Static_assert(offsetof(struct virtio_console, transport) == 0, "virtio_device_notify casts");
_Static_assert(offsetof(struct virtio_block, transport) == 0, "virtio_device_notify casts");
_Static_assert(offsetof(struct virtio_entropy, transport) == 0, "virtio_device_notify casts");

void virtio_device_notify(struct virtio_pci *device, unsigned queue)
{
    switch (device->type) {
    case VIRTIO_TYPE_BLOCK:
        virtio_block_notify((struct virtio_block *)device, queue);
        break;
    case VIRTIO_TYPE_CONSOLE:
        virtio_console_notify((struct virtio_console *)device, queue);
        break;
    case VIRTIO_TYPE_ENTROPY:
        virtio_entropy_notify((struct virtio_entropy *)device, queue);
        break;
    default:
        break; /* no model yet */
    }
}
