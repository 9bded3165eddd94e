/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_VIRTIO_ENTROPY_H
#define DEVICES_VIRTIO_ENTROPY_H

#include <stdint.h>

#include "devices/virtio_pci.h"

/*
 * virtio-entropy: random bytes from host_entropy.  A protected guest must not trust them alone.
 * Source: virtio 1.2, "Entropy Device".
 */
enum {
    VIRTIO_ENTROPY_QUEUE_SIZE = 8,
    VIRTIO_ENTROPY_REQUEST_BYTES = 64, /* the most that one request gets */
};

struct virtio_entropy {
    struct virtio_pci transport; /* must be first */
};

void virtio_entropy_init(struct virtio_entropy *entropy, struct guest *guest, uint32_t slice);

void virtio_entropy_notify(struct virtio_entropy *entropy, unsigned queue);

#endif
