/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/virtio_queue.h"

#include <stddef.h>

enum descriptor_flags {
    DESCRIPTOR_NEXT = 1,
    DESCRIPTOR_WRITE = 2,
    DESCRIPTOR_INDIRECT = 4,
};

struct descriptor {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags;
    uint16_t next;
};
_Static_assert(sizeof(struct descriptor) == 16, "virtio 1.2, The Virtqueue Descriptor Table");

/* The available ring: flags, index, then heads.  The used ring: flags, index, then elements. */
enum ring_layout {
    RING_FLAGS = 0,
    RING_INDEX = 2,
    RING_ENTRIES = 4,
    RING_EVENT_BYTES = 2, /* the event field after the entries */
    DESCRIPTORS_ALIGN = 16,
    AVAILABLE_ALIGN = 2,
    USED_ALIGN = 4,
};

enum {
    AVAILABLE_NO_INTERRUPT = 1,
};

struct used_element {
    uint32_t id;
    uint32_t written;
};
_Static_assert(sizeof(struct used_element) == 8, "virtio 1.2, The Virtqueue Used Ring");

static bool wraps(uint64_t address, uint64_t bytes)
{
    return bytes != 0 && address > UINT64_MAX - (bytes - 1);
}

void virtio_queue_reset(struct virtio_queue *queue)
{
    uint16_t size_max = queue->size_max;
    __builtin_memset(queue, 0, sizeof(*queue));
    queue->size_max = size_max;
    queue->size = size_max;
    queue->vector = UINT16_MAX;
}

static bool is_part(uint64_t address, uint64_t bytes, unsigned align)
{
    return address % align == 0 && !wraps(address, bytes);
}

bool virtio_queue_enable(struct virtio_queue *queue)
{
    uint64_t size = queue->size;
    /* Is the size a power of two within what was offered? */
    if (size == 0 || size > queue->size_max || (size & (size - 1)) != 0) {
        return false;
    }
    /* Is each part aligned, without wrapping around? */
    if (!is_part(queue->descriptors, size * sizeof(struct descriptor), DESCRIPTORS_ALIGN) ||
        !is_part(queue->available, RING_ENTRIES + size * sizeof(uint16_t) + RING_EVENT_BYTES,
                 AVAILABLE_ALIGN) ||
        !is_part(queue->used, RING_ENTRIES + size * sizeof(struct used_element) + RING_EVENT_BYTES,
                 USED_ALIGN)) {
        return false;
    }
    /* All checks passed: nothing below can fail. */
    queue->next_available = 0;
    queue->next_used = 0;
    queue->enabled = true;
    return true;
}

/* The head of the next available chain. */
static enum virtio_queue_answer next_head(const struct virtio_queue *queue, struct guest *guest,
                                          uint16_t *head)
{
    uint16_t index;
    if (!host_guest_read(guest, queue->available + RING_INDEX, &index, sizeof(index))) {
        return VIRTIO_QUEUE_BROKEN;
    }
    uint16_t waiting = (uint16_t)(index - queue->next_available);
    if (waiting == 0) {
        return VIRTIO_QUEUE_EMPTY;
    }
    /* Are no more chains available than the ring holds? */
    if (waiting > queue->size) {
        return VIRTIO_QUEUE_BROKEN;
    }
    /* The index first, then what it published. */
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    uint64_t entry = RING_ENTRIES + queue->next_available % queue->size * sizeof(uint16_t);
    if (!host_guest_read(guest, queue->available + entry, head, sizeof(*head))) {
        return VIRTIO_QUEUE_BROKEN;
    }
    return VIRTIO_QUEUE_CHAIN;
}

/* Append a checked descriptor.  False: the chain breaks the rules. */
static bool add_segment(struct virtio_chain *chain, const struct descriptor *descriptor, uint16_t limit)
{
    bool write = (descriptor->flags & DESCRIPTOR_WRITE) != 0;
    uint32_t *total = write ? &chain->writable_bytes : &chain->readable_bytes;
    unsigned count = chain->readable + chain->writable;

    /* Is the chain within the queue's size?  A loop ends here. */
    if (count >= limit) {
        return false;
    }
    /* Do all readable descriptors come before the writable ones? */
    if (!write && chain->writable != 0) {
        return false;
    }
    /* Do the address and the total stay in their types? */
    if (wraps(descriptor->address, descriptor->bytes) || descriptor->bytes > UINT32_MAX - *total) {
        return false;
    }
    /* All checks passed: nothing below can fail. */
    chain->segments[count].gpa = descriptor->address;
    chain->segments[count].bytes = descriptor->bytes;
    *total += descriptor->bytes;
    chain->writable += write ? 1 : 0;
    chain->readable += write ? 0 : 1;
    return true;
}

/* Where descriptors are read now: the queue's own table, or one indirect table. */
struct table {
    uint64_t gpa;
    uint32_t entries;
    bool indirect;
};

/* Go on in the indirect table that `descriptor` names.  False: it may not. */
static bool enter_indirect(struct table *table, const struct descriptor *descriptor, bool negotiated)
{
    /* Was it negotiated, are we not in one already, and does the chain end with it? */
    if (!negotiated || table->indirect || (descriptor->flags & DESCRIPTOR_NEXT)) {
        return false;
    }
    /* Is it a whole number of descriptors, without wrapping around?  (None has no first one to read.) */
    if (descriptor->bytes % sizeof(struct descriptor) != 0 || wraps(descriptor->address, descriptor->bytes)) {
        return false;
    }
    table->gpa = descriptor->address;
    table->entries = descriptor->bytes / sizeof(struct descriptor);
    table->indirect = true;
    return true;
}

/* Each turn adds a segment, of which there are at most the queue's size, or enters the one indirect
 * table: the loop ends whatever the guest writes. */
static bool walk(const struct virtio_queue *queue, struct guest *guest, bool indirect,
                 struct virtio_chain *chain)
{
    struct table table = {.gpa = queue->descriptors, .entries = queue->size, .indirect = false};
    uint16_t at = chain->head;

    for (;;) {
        struct descriptor descriptor;
        /* Is there such a descriptor? */
        if (at >= table.entries ||
            !host_guest_read(guest, table.gpa + at * sizeof(descriptor), &descriptor, sizeof(descriptor))) {
            return false;
        }
        if (descriptor.flags & DESCRIPTOR_INDIRECT) {
            if (!enter_indirect(&table, &descriptor, indirect)) {
                return false;
            }
            at = 0;
            continue;
        }
        if (!add_segment(chain, &descriptor, queue->size)) {
            return false;
        }
        if (!(descriptor.flags & DESCRIPTOR_NEXT)) {
            return true;
        }
        at = descriptor.next;
    }
}

enum virtio_queue_answer virtio_queue_pop(struct virtio_queue *queue, struct guest *guest, bool indirect,
                                          struct virtio_chain *chain)
{
    enum virtio_queue_answer answer = next_head(queue, guest, &chain->head);
    if (answer != VIRTIO_QUEUE_CHAIN) {
        return answer;
    }
    chain->readable = 0;
    chain->writable = 0;
    chain->readable_bytes = 0;
    chain->writable_bytes = 0;
    if (!walk(queue, guest, indirect, chain)) {
        return VIRTIO_QUEUE_BROKEN;
    }
    queue->next_available++;
    return VIRTIO_QUEUE_CHAIN;
}

bool virtio_queue_push(struct virtio_queue *queue, struct guest *guest, uint16_t head, uint32_t written)
{
    struct used_element element = {.id = head, .written = written};
    uint16_t index = (uint16_t)(queue->next_used + 1);
    uint64_t entry = RING_ENTRIES + queue->next_used % queue->size * sizeof(element);

    if (!host_guest_write(guest, queue->used + entry, &element, sizeof(element))) {
        return false;
    }
    /* The element first, then the index that publishes it. */
    __atomic_thread_fence(__ATOMIC_RELEASE);
    if (!host_guest_write(guest, queue->used + RING_INDEX, &index, sizeof(index))) {
        return false;
    }
    queue->next_used = index;
    return true;
}

bool virtio_queue_wants_interrupt(const struct virtio_queue *queue, struct guest *guest)
{
    uint16_t flags;
    /* The used index must be visible before the flag is read: a driver that has just cleared the flag
     * looks at the index once more. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!host_guest_read(guest, queue->available + RING_FLAGS, &flags, sizeof(flags))) {
        return true;
    }
    return !(flags & AVAILABLE_NO_INTERRUPT);
}

/* One piece of a copy between the guest and this side. */
static bool copy_piece(struct guest *guest, uint64_t gpa, void *to, const void *from, uint32_t bytes)
{
    return to != NULL ? host_guest_read(guest, gpa, to, bytes) : host_guest_write(guest, gpa, from, bytes);
}

/* Copy to `to`, or, where that is NULL, from `from`; `offset` counts from the first of the segments. */
static bool copy(const struct virtio_segment *segments, unsigned count, struct guest *guest, uint32_t offset,
                 uint8_t *to, const uint8_t *from, uint32_t bytes)
{
    uint32_t done = 0;
    for (unsigned i = 0; i < count && done < bytes; i++) {
        if (offset >= segments[i].bytes) {
            offset -= segments[i].bytes;
            continue;
        }
        uint32_t room = segments[i].bytes - offset;
        uint32_t piece = bytes - done < room ? bytes - done : room;
        if (!copy_piece(guest, segments[i].gpa + offset, to != NULL ? to + done : NULL,
                        from != NULL ? from + done : NULL, piece)) {
            return false;
        }
        done += piece;
        offset = 0;
    }
    return done == bytes;
}

bool virtio_chain_read(const struct virtio_chain *chain, struct guest *guest, uint32_t offset, void *to,
                       uint32_t bytes)
{
    return copy(chain->segments, chain->readable, guest, offset, to, NULL, bytes);
}

bool virtio_chain_write(const struct virtio_chain *chain, struct guest *guest, uint32_t offset,
                        const void *from, uint32_t bytes)
{
    return copy(chain->segments + chain->readable, chain->writable, guest, offset, NULL, from, bytes);
}
