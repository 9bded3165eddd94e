/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_VIRTIO_COMMON_H
#define DEVICES_VIRTIO_COMMON_H

#include <stdint.h>

#include "devices/virtio_pci.h"

/*
 * The common configuration structure: features, status, queue set-up.
 * Source: virtio 1.2, "Common configuration structure layout", "Device Initialization".
 */
enum virtio_common_register {
    VIRTIO_COMMON_DEVICE_FEATURE_SELECT = 0x00,
    VIRTIO_COMMON_DEVICE_FEATURE = 0x04,
    VIRTIO_COMMON_DRIVER_FEATURE_SELECT = 0x08,
    VIRTIO_COMMON_DRIVER_FEATURE = 0x0C,
    VIRTIO_COMMON_CONFIG_VECTOR = 0x10,
    VIRTIO_COMMON_NUM_QUEUES = 0x12,
    VIRTIO_COMMON_DEVICE_STATUS = 0x14,
    VIRTIO_COMMON_CONFIG_GENERATION = 0x15,
    VIRTIO_COMMON_QUEUE_SELECT = 0x16,
    VIRTIO_COMMON_QUEUE_SIZE = 0x18,
    VIRTIO_COMMON_QUEUE_VECTOR = 0x1A,
    VIRTIO_COMMON_QUEUE_ENABLE = 0x1C,
    VIRTIO_COMMON_QUEUE_NOTIFY_OFF = 0x1E,
    VIRTIO_COMMON_QUEUE_DESCRIPTORS = 0x20, /* 64 bits each, as two halves */
    VIRTIO_COMMON_QUEUE_AVAILABLE = 0x28,
    VIRTIO_COMMON_QUEUE_USED = 0x30,
    VIRTIO_COMMON_BYTES = 0x38,
};

/* A guest's access of 1, 2 or 4 bytes: answered where a register of that width starts at `offset`, else
 * all ones and no write. */
uint32_t virtio_common_read(const struct virtio_pci *device, uint32_t offset, unsigned size);
void virtio_common_write(struct virtio_pci *device, uint32_t offset, unsigned size, uint32_t value);

/* Back to the state after power-on, MSI-X and PCI configuration aside. */
void virtio_common_reset(struct virtio_pci *device);

#endif
