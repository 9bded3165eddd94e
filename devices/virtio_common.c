/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/virtio_common.h"

enum {
    WORD_BITS = 32,
    HALF_BYTES = 4,
    NO_ANSWER = -1,
    STATUS_DRIVER_BITS = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_DRIVER_OK |
                         VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_FAILED,
};

#define REQUIRED_FEATURES (VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM)

/* The width in bytes of the register that starts at `offset`; 0: none. */
static unsigned register_width(uint32_t offset)
{
    switch (offset) {
    case VIRTIO_COMMON_DEVICE_STATUS:
    case VIRTIO_COMMON_CONFIG_GENERATION:
        return 1;
    case VIRTIO_COMMON_CONFIG_VECTOR:
    case VIRTIO_COMMON_NUM_QUEUES:
    case VIRTIO_COMMON_QUEUE_SELECT:
    case VIRTIO_COMMON_QUEUE_SIZE:
    case VIRTIO_COMMON_QUEUE_VECTOR:
    case VIRTIO_COMMON_QUEUE_ENABLE:
    case VIRTIO_COMMON_QUEUE_NOTIFY_OFF:
        return 2;
    case VIRTIO_COMMON_DEVICE_FEATURE_SELECT:
    case VIRTIO_COMMON_DEVICE_FEATURE:
    case VIRTIO_COMMON_DRIVER_FEATURE_SELECT:
    case VIRTIO_COMMON_DRIVER_FEATURE:
    case VIRTIO_COMMON_QUEUE_DESCRIPTORS:
    case VIRTIO_COMMON_QUEUE_DESCRIPTORS + HALF_BYTES:
    case VIRTIO_COMMON_QUEUE_AVAILABLE:
    case VIRTIO_COMMON_QUEUE_AVAILABLE + HALF_BYTES:
    case VIRTIO_COMMON_QUEUE_USED:
    case VIRTIO_COMMON_QUEUE_USED + HALF_BYTES:
        return 4;
    default:
        return 0;
    }
}

/* The 32 bits of `features` that `select` names. */
static uint32_t feature_word(uint64_t features, uint32_t select)
{
    return select < 2 ? (uint32_t)(features >> (select * WORD_BITS)) : 0;
}

static uint64_t *part_address(struct virtio_queue *queue, uint32_t offset)
{
    switch (offset & ~(uint32_t)HALF_BYTES) {
    case VIRTIO_COMMON_QUEUE_DESCRIPTORS:
        return &queue->descriptors;
    case VIRTIO_COMMON_QUEUE_AVAILABLE:
        return &queue->available;
    default:
        return &queue->used;
    }
}

static unsigned half_shift(uint32_t offset)
{
    return offset & HALF_BYTES ? WORD_BITS : 0;
}

static uint32_t queue_read(const struct virtio_pci *device, uint32_t offset)
{
    /* Is there such a queue?  Its size reads 0 if not, and so does all else. */
    if (device->queue_select >= device->queue_count) {
        return 0;
    }
    struct virtio_queue queue = device->queues[device->queue_select];
    switch (offset) {
    case VIRTIO_COMMON_QUEUE_SIZE:
        return queue.size;
    case VIRTIO_COMMON_QUEUE_VECTOR:
        return queue.vector;
    case VIRTIO_COMMON_QUEUE_ENABLE:
        return queue.enabled;
    case VIRTIO_COMMON_QUEUE_NOTIFY_OFF:
        return device->queue_select;
    default:
        return (uint32_t)(*part_address(&queue, offset) >> half_shift(offset));
    }
}

uint32_t virtio_common_read(const struct virtio_pci *device, uint32_t offset, unsigned size)
{
    if (register_width(offset) != size) {
        return (uint32_t)NO_ANSWER;
    }
    switch (offset) {
    case VIRTIO_COMMON_DEVICE_FEATURE_SELECT:
        return device->offered_select;
    case VIRTIO_COMMON_DEVICE_FEATURE:
        return feature_word(device->offered, device->offered_select);
    case VIRTIO_COMMON_DRIVER_FEATURE_SELECT:
        return device->accepted_select;
    case VIRTIO_COMMON_DRIVER_FEATURE:
        return feature_word(device->accepted, device->accepted_select);
    case VIRTIO_COMMON_CONFIG_VECTOR:
        return device->config_vector;
    case VIRTIO_COMMON_NUM_QUEUES:
        return device->queue_count;
    case VIRTIO_COMMON_DEVICE_STATUS:
        return device->status;
    case VIRTIO_COMMON_CONFIG_GENERATION:
        return 0; /* no model changes its configuration while a driver looks */
    case VIRTIO_COMMON_QUEUE_SELECT:
        return device->queue_select;
    default:
        return queue_read(device, offset);
    }
}

static void accept_features(struct virtio_pci *device, uint32_t value)
{
    /* Are features still open, and are there such bits? */
    if ((device->status & VIRTIO_STATUS_FEATURES_OK) || device->accepted_select >= 2) {
        return;
    }
    unsigned shift = device->accepted_select * WORD_BITS;
    device->accepted = (device->accepted & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

static bool features_are_good(const struct virtio_pci *device)
{
    return (device->accepted & ~device->offered) == 0 &&
           (device->accepted & REQUIRED_FEATURES) == REQUIRED_FEATURES;
}

void virtio_common_reset(struct virtio_pci *device)
{
    device->accepted = 0;
    device->offered_select = 0;
    device->accepted_select = 0;
    device->status = 0;
    device->isr = 0;
    device->config_vector = VIRTIO_NO_VECTOR;
    device->queue_select = 0;
    device->work_left = false;
    for (unsigned i = 0; i < device->queue_count; i++) {
        virtio_queue_reset(&device->queues[i]);
    }
}

/* Bits are only ever added; writing 0 resets. */
static void write_status(struct virtio_pci *device, uint8_t value)
{
    if (value == 0) {
        virtio_common_reset(device);
        return;
    }
    value &= STATUS_DRIVER_BITS;
    /* Are the features ones that we can work with?  If not the driver finds FEATURES_OK unset. */
    if (!features_are_good(device)) {
        value &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
    }
    /* Does the driver go live with the features agreed? */
    if (!((device->status | value) & VIRTIO_STATUS_FEATURES_OK)) {
        value &= (uint8_t)~VIRTIO_STATUS_DRIVER_OK;
    }
    /* Chains may have been made available before. */
    device->work_left |= (value & ~device->status & VIRTIO_STATUS_DRIVER_OK) != 0;
    device->status |= value;
}

static uint16_t checked_vector(const struct virtio_pci *device, uint32_t value)
{
    return value < device->msix.vectors ? (uint16_t)value : VIRTIO_NO_VECTOR;
}

static void queue_write(struct virtio_pci *device, uint32_t offset, uint32_t value)
{
    /* Is there such a queue? */
    if (device->queue_select >= device->queue_count) {
        return;
    }
    struct virtio_queue *queue = &device->queues[device->queue_select];
    if (offset == VIRTIO_COMMON_QUEUE_VECTOR) {
        queue->vector = checked_vector(device, value);
        return;
    }
    /* Is it still being set up? */
    if (queue->enabled) {
        return;
    }
    if (offset == VIRTIO_COMMON_QUEUE_SIZE) {
        queue->size = (uint16_t)value;
    } else if (offset == VIRTIO_COMMON_QUEUE_ENABLE) {
        if (value == 1 && (device->status & VIRTIO_STATUS_FEATURES_OK) && !virtio_queue_enable(queue)) {
            virtio_pci_stop(device);
        }
    } else if (offset >= VIRTIO_COMMON_QUEUE_DESCRIPTORS) {
        uint64_t *address = part_address(queue, offset);
        unsigned shift = half_shift(offset);
        *address = (*address & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
    }
}

void virtio_common_write(struct virtio_pci *device, uint32_t offset, unsigned size, uint32_t value)
{
    if (register_width(offset) != size) {
        return;
    }
    switch (offset) {
    case VIRTIO_COMMON_DEVICE_FEATURE_SELECT:
        device->offered_select = value;
        break;
    case VIRTIO_COMMON_DRIVER_FEATURE_SELECT:
        device->accepted_select = value;
        break;
    case VIRTIO_COMMON_DRIVER_FEATURE:
        accept_features(device, value);
        break;
    case VIRTIO_COMMON_CONFIG_VECTOR:
        device->config_vector = checked_vector(device, value);
        break;
    case VIRTIO_COMMON_DEVICE_STATUS:
        write_status(device, (uint8_t)value);
        break;
    case VIRTIO_COMMON_QUEUE_SELECT:
        device->queue_select = (uint16_t)value;
        break;
    case VIRTIO_COMMON_DEVICE_FEATURE:
    case VIRTIO_COMMON_NUM_QUEUES:
    case VIRTIO_COMMON_CONFIG_GENERATION:
        break; /* read-only */
    default:
        queue_write(device, offset, value);
        break;
    }
}
