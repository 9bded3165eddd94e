/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_VIRTIO_CONSOLE_H
#define DEVICES_VIRTIO_CONSOLE_H

#include <stdint.h>

#include "devices/virtio_pci.h"

/*
 * virtio-console with one port.  Output goes to host_console_output.
 * Source: virtio 1.2, "Console Device".
 */
enum virtio_console_queue {
    VIRTIO_CONSOLE_RECEIVE = 0,
    VIRTIO_CONSOLE_TRANSMIT = 1,
    VIRTIO_CONSOLE_QUEUES = 2,
};

enum {
    /* Linux fills the whole receive queue one kick at a time: a small queue saves exits. */
    VIRTIO_CONSOLE_QUEUE_SIZE = 8,
    VIRTIO_CONSOLE_INPUT_BYTES = 1024,
    VIRTIO_CONSOLE_OUTPUT_MAX = 64 * 1024, /* a longer chain stops the device */
    /* After so many bytes the rest waits for device_set_poll, so one kick is bounded work. */
    VIRTIO_CONSOLE_BATCH_BYTES = 4 * 1024,
};

struct virtio_console {
    struct virtio_pci transport; /* must be first */
    uint32_t first;              /* input not yet taken by the guest: a ring */
    uint32_t waiting;
    uint8_t input[VIRTIO_CONSOLE_INPUT_BYTES];
};

void virtio_console_init(struct virtio_console *console, struct guest *guest, uint32_t slice);

/* Bytes typed for the guest.  Returns how many of `count` were taken; offer the rest again later.  They
 * wait while the guest has no buffer for them, across a reset too. */
uint32_t virtio_console_input(struct virtio_console *console, const uint8_t *bytes, uint32_t count);

void virtio_console_notify(struct virtio_console *console, unsigned queue);

#endif
