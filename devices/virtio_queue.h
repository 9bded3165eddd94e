/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_VIRTIO_QUEUE_H
#define DEVICES_VIRTIO_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/host.h"

/*
 * The device's side of a split virtqueue.  Everything in the rings is hostile: each field is copied
 * once and the copy is checked; a chain is at most VIRTIO_CHAIN_MAX descriptors and at most the
 * queue's size, which also cuts loops.
 * Source: virtio 1.2, "Split Virtqueues".
 */
enum {
    VIRTIO_QUEUE_SIZE_MAX = 128,
    VIRTIO_CHAIN_MAX = VIRTIO_QUEUE_SIZE_MAX,
};

struct virtio_queue {
    uint16_t size_max; /* what the device offers: a power of two; 0: no such queue */
    uint16_t size;     /* what the driver chose; validated by virtio_queue_enable */
    uint16_t vector;   /* MSI-X table entry, or VIRTIO_NO_VECTOR */
    bool enabled;
    uint64_t descriptors; /* guest-physical addresses of the three parts */
    uint64_t available;
    uint64_t used;
    uint16_t next_available; /* free running, as in the rings */
    uint16_t next_used;
};

struct virtio_segment {
    uint64_t gpa;
    uint32_t bytes;
};

/* A checked copy of one descriptor chain: the device-readable segments, then the writable ones.
 * No segment wraps around the end of the address space.  Whether there is memory behind them is
 * known only when they are copied. */
struct virtio_chain {
    uint16_t head; /* id for the used ring */
    uint16_t readable;
    uint16_t writable;
    uint32_t readable_bytes;
    uint32_t writable_bytes;
    struct virtio_segment segments[VIRTIO_CHAIN_MAX];
};

enum virtio_queue_answer {
    VIRTIO_QUEUE_EMPTY,
    VIRTIO_QUEUE_CHAIN,
    VIRTIO_QUEUE_BROKEN, /* the driver broke the rules: the device must stop (DEVICE_NEEDS_RESET) */
};

/* Back to the state after a device reset; keeps size_max. */
void virtio_queue_reset(struct virtio_queue *queue);

/* Take the driver's size and addresses.  False, and not enabled: size no power of two or above
 * size_max, a part misaligned or wrapping around. */
bool virtio_queue_enable(struct virtio_queue *queue);

/* Copy the next available chain into `chain` and consume it.  `indirect`: the driver negotiated
 * VIRTIO_F_INDIRECT_DESC.  On BROKEN nothing is consumed and `chain` is not to be used. */
enum virtio_queue_answer virtio_queue_pop(struct virtio_queue *queue, struct guest *guest, bool indirect,
                                          struct virtio_chain *chain);

/* Return a popped chain with `written` bytes written into its writable part.  False: broken. */
bool virtio_queue_push(struct virtio_queue *queue, struct guest *guest, uint16_t head, uint32_t written);

/* Does the driver want an interrupt for what was pushed?  Yes where that cannot be read. */
bool virtio_queue_wants_interrupt(const struct virtio_queue *queue, struct guest *guest);

/* Copy `bytes` from the readable (to the writable) part of the chain, from byte `offset` of that part.
 * False: not that long, or not memory that the guest shares; then part of it may have been copied. */
bool virtio_chain_read(const struct virtio_chain *chain, struct guest *guest, uint32_t offset, void *to,
                       uint32_t bytes);
bool virtio_chain_write(const struct virtio_chain *chain, struct guest *guest, uint32_t offset,
                        const void *from, uint32_t bytes);

#endif
