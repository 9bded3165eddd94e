/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_VIRTIO_BLOCK_H
#define DEVICES_VIRTIO_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/virtio_pci.h"

/*
 * virtio-block on an image in memory: read, write, flush, identify.
 * Source: virtio 1.2, "Block Device".
 */
enum {
    VIRTIO_BLOCK_SECTOR_BYTES = 512,
    VIRTIO_BLOCK_SERIAL_BYTES = 20,
    VIRTIO_BLOCK_QUEUE_SIZE = 128,
    VIRTIO_BLOCK_SEGMENTS_MAX = VIRTIO_BLOCK_QUEUE_SIZE - 2, /* header and status are segments too */
    VIRTIO_BLOCK_SEGMENT_BYTES_MAX = 64 * 1024,
    /* After so many bytes the rest waits for device_set_poll, so one kick is bounded work. */
    VIRTIO_BLOCK_BATCH_BYTES = 1024 * 1024,
};

struct virtio_block_image {
    uint8_t *bytes; /* the caller's, for as long as the device lives; written unless read_only */
    uint64_t size;  /* in bytes; what is beyond the last whole sector is not used */
    bool read_only; /* the driver is told, and writes fail */
    char serial[VIRTIO_BLOCK_SERIAL_BYTES]; /* padded with zeros; need not end in one */
};

struct virtio_block {
    struct virtio_pci transport; /* must be first */
    struct virtio_block_image image;
};

void virtio_block_init(struct virtio_block *block, struct guest *guest, uint32_t slice,
                       const struct virtio_block_image *image);

void virtio_block_notify(struct virtio_block *block, unsigned queue);

#endif
