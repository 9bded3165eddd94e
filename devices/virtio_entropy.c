/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/virtio_entropy.h"

enum {
    CLASS_OTHER = 0x00FF,
    QUEUES = 1,
};

void virtio_entropy_init(struct virtio_entropy *entropy, struct guest *guest, uint32_t slice)
{
    static const struct virtio_pci_identity identity = {
        .type = VIRTIO_TYPE_ENTROPY,
        .class_code = CLASS_OTHER,
        .queues = QUEUES,
        .queue_size_max = VIRTIO_ENTROPY_QUEUE_SIZE,
    };

    virtio_pci_init(&entropy->transport, guest, &identity, slice);
}

/* Serve one request.  False: none waits, no random bytes are to be had, or the device has stopped. */
static bool serve(struct virtio_pci *device, unsigned queue)
{
    uint8_t random[VIRTIO_ENTROPY_REQUEST_BYTES];
    uint32_t had = host_entropy(random, sizeof(random));

    /* A request is answered with one byte at least: without any it waits. */
    if (had == 0) {
        device->work_left = true;
        return false;
    }
    if (!virtio_pci_pop(device, queue)) {
        return false;
    }
    uint32_t bytes = had < device->chain.writable_bytes ? had : device->chain.writable_bytes;
    if (!virtio_chain_write(&device->chain, device->guest, 0, random, bytes)) {
        virtio_pci_stop(device);
        return false;
    }
    virtio_pci_push(device, queue, bytes);
    return true;
}

void virtio_entropy_notify(struct virtio_entropy *entropy, unsigned queue)
{
    struct virtio_pci *device = &entropy->transport;
    unsigned served = 0;

    while (served < VIRTIO_ENTROPY_QUEUE_SIZE && virtio_pci_queue_runs(device, queue) &&
           serve(device, queue)) {
        served++;
    }
    if (served == VIRTIO_ENTROPY_QUEUE_SIZE) {
        device->work_left = true;
    }
    if (served != 0) {
        virtio_pci_interrupt(device, queue);
    }
}
