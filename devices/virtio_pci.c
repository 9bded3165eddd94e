/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/virtio_pci.h"

#include "devices/virtio_common.h"
#include "devices/virtio_device.h"

/* struct virtio_pci_cap of the specification, and what follows it in two kinds. */
enum capability {
    CAPABILITY_VENDOR = 0x09,

    CAPABILITY_LENGTH = 2,
    CAPABILITY_TYPE = 3,
    CAPABILITY_BAR = 4,
    CAPABILITY_OFFSET = 8,
    CAPABILITY_AREA_BYTES = 12,
    CAPABILITY_BYTES = 16,
    CAPABILITY_NOTIFY_STRIDE = 16,
    CAPABILITY_ACCESS_DATA = 16,
    CAPABILITY_LONG_BYTES = 20,
};

enum capability_type {
    CAPABILITY_COMMON = 1,
    CAPABILITY_NOTIFY = 2,
    CAPABILITY_ISR = 3,
    CAPABILITY_DEVICE = 4,
    CAPABILITY_ACCESS = 5,
};

enum {
    ISR_BYTES = 1,
    /* "Subsystem Device ID of 0x40 or higher"; a non-transitional device has revision 1 or higher. */
    SUBSYSTEM_MIN = 0x40,
    REVISION = 1,
    BITS_PER_BYTE = 8,
    WORD_BITS = 32,
    WORD_BYTES = 4,
};

static void put32(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < WORD_BYTES; i++) {
        to[i] = (uint8_t)(value >> (i * BITS_PER_BYTE));
    }
}

/* A vendor capability that says: the structure of this type is there.  `extra` follows in long ones. */
static uint8_t add_area(struct pci_function *function, enum capability_type type, uint32_t offset,
                        uint32_t bytes, uint8_t capability_bytes, uint32_t extra)
{
    uint8_t body[CAPABILITY_LONG_BYTES] = {CAPABILITY_VENDOR, 0, capability_bytes, (uint8_t)type,
                                           VIRTIO_PCI_BAR_REGISTERS};
    put32(&body[CAPABILITY_OFFSET], offset);
    put32(&body[CAPABILITY_AREA_BYTES], bytes);
    put32(&body[CAPABILITY_NOTIFY_STRIDE], extra);
    return pci_function_add_capability(function, body, capability_bytes);
}

/* The window into the BARs through configuration space. */
static void add_access(struct virtio_pci *device)
{
    struct pci_function *function = &device->function;
    uint8_t at = add_area(function, CAPABILITY_ACCESS, 0, 0, CAPABILITY_LONG_BYTES, 0);
    pci_function_allow_write(function, at + CAPABILITY_BAR, 1, UINT8_MAX);
    pci_function_allow_write(function, at + CAPABILITY_OFFSET, WORD_BYTES, UINT32_MAX);
    pci_function_allow_write(function, at + CAPABILITY_AREA_BYTES, WORD_BYTES, UINT32_MAX);
    device->access_capability = at;
}

static void add_capabilities(struct virtio_pci *device)
{
    struct pci_function *function = &device->function;
    add_area(function, CAPABILITY_COMMON, VIRTIO_PCI_COMMON, VIRTIO_COMMON_BYTES, CAPABILITY_BYTES, 0);
    add_area(function, CAPABILITY_NOTIFY, VIRTIO_PCI_NOTIFY, device->queue_count * VIRTIO_PCI_NOTIFY_STRIDE,
             CAPABILITY_LONG_BYTES, VIRTIO_PCI_NOTIFY_STRIDE);
    add_area(function, CAPABILITY_ISR, VIRTIO_PCI_ISR, ISR_BYTES, CAPABILITY_BYTES, 0);
    if (device->config_bytes != 0) {
        add_area(function, CAPABILITY_DEVICE, VIRTIO_PCI_DEVICE, device->config_bytes, CAPABILITY_BYTES, 0);
    }
    device->msix_capability = virtio_msix_add_capability(function, VIRTIO_PCI_BAR_MSIX, device->msix.vectors);
    add_access(device);
}

void virtio_pci_init(struct virtio_pci *device, struct guest *guest,
                     const struct virtio_pci_identity *identity, uint32_t slice)
{
    struct pci_identity pci = {
        .vendor = VIRTIO_PCI_VENDOR,
        .device = (uint16_t)(VIRTIO_PCI_DEVICE_BASE + identity->type),
        .subsystem_vendor = VIRTIO_PCI_VENDOR,
        .subsystem = (uint16_t)(SUBSYSTEM_MIN + identity->type),
        .class_code = identity->class_code,
        .revision = REVISION,
    };

    __builtin_memset(device, 0, sizeof(*device));
    device->guest = guest;
    device->type = identity->type;
    device->offered = identity->features | VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM;
    device->queue_count = identity->queues;
    device->config_bytes = identity->config_bytes;
    for (unsigned i = 0; i < identity->queues; i++) {
        device->queues[i].size_max = identity->queue_size_max;
    }
    virtio_msix_init(&device->msix, identity->queues + 1);

    pci_function_init(&device->function, &pci);
    pci_function_add_bar(&device->function, VIRTIO_PCI_BAR_REGISTERS, slice, VIRTIO_PCI_REGISTERS_BYTES);
    pci_function_add_bar(&device->function, VIRTIO_PCI_BAR_MSIX, slice + VIRTIO_PCI_REGISTERS_BYTES,
                         VIRTIO_MSIX_BAR_BYTES);
    add_capabilities(device);
    virtio_common_reset(device);
}

/* Is this the data register of the access capability, and does its window name an access that exists? */
static bool is_window_access(const struct virtio_pci *device, unsigned offset, unsigned size, unsigned *bar,
                             uint32_t *at)
{
    const struct pci_function *function = &device->function;
    unsigned capability = device->access_capability;

    *bar = pci_function_read(function, capability + CAPABILITY_BAR, 1);
    *at = pci_function_read(function, capability + CAPABILITY_OFFSET, WORD_BYTES);
    return offset == capability + CAPABILITY_ACCESS_DATA && (size == 1 || size == 2 || size == WORD_BYTES) &&
           pci_function_read(function, capability + CAPABILITY_AREA_BYTES, WORD_BYTES) == size &&
           *bar <= VIRTIO_PCI_BAR_MSIX && *at % size == 0 && *at < function->bar_bytes[*bar];
}

uint32_t virtio_pci_config_read(struct virtio_pci *device, unsigned offset, unsigned size)
{
    unsigned bar;
    uint32_t at;
    if (is_window_access(device, offset, size, &bar, &at)) {
        return (uint32_t)virtio_pci_bar_read(device, bar, at, size);
    }
    return pci_function_read(&device->function, offset, size);
}

void virtio_pci_config_write(struct virtio_pci *device, unsigned offset, unsigned size, uint32_t value)
{
    struct pci_function *function = &device->function;
    unsigned bar;
    uint32_t at;
    if (is_window_access(device, offset, size, &bar, &at)) {
        virtio_pci_bar_write(device, bar, at, size, value);
        return;
    }
    bool was_master = pci_function_is_bus_master(function);
    pci_function_write(function, offset, size, value);

    /* What was written may have been the command register or the control word of MSI-X. */
    virtio_msix_follow(&device->msix, device->guest, function, device->msix_capability);
    device->work_left |= pci_function_is_bus_master(function) && !was_master;
}

static uint64_t config_bytes_read(const struct virtio_pci *device, uint32_t offset, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size && offset + i < device->config_bytes; i++) {
        value |= (uint64_t)device->config[offset + i] << (i * BITS_PER_BYTE);
    }
    return value;
}

/* An aligned access of at most 4 bytes. */
static uint32_t register_read(struct virtio_pci *device, unsigned bar, uint32_t offset, unsigned size)
{
    if (bar == VIRTIO_PCI_BAR_MSIX) {
        return size == WORD_BYTES ? virtio_msix_read(&device->msix, offset) : (uint32_t)PCI_NO_ANSWER;
    }
    if (offset < VIRTIO_PCI_ISR) {
        return virtio_common_read(device, offset, size);
    }
    if (offset == VIRTIO_PCI_ISR && size == ISR_BYTES) {
        uint8_t isr = device->isr;
        device->isr = 0;
        return isr;
    }
    return (uint32_t)PCI_NO_ANSWER;
}

static void register_write(struct virtio_pci *device, unsigned bar, uint32_t offset, unsigned size,
                           uint32_t value)
{
    if (bar == VIRTIO_PCI_BAR_MSIX) {
        if (size == WORD_BYTES) {
            virtio_msix_write(&device->msix, device->guest, offset, value);
        }
    } else if (offset < VIRTIO_PCI_ISR) {
        virtio_common_write(device, offset, size, value);
    } else if (offset >= VIRTIO_PCI_NOTIFY && offset % VIRTIO_PCI_NOTIFY_STRIDE == 0) {
        unsigned queue = (offset - VIRTIO_PCI_NOTIFY) / VIRTIO_PCI_NOTIFY_STRIDE;
        if (queue < device->queue_count) {
            virtio_device_notify(device, queue);
        }
    }
}

uint64_t virtio_pci_bar_read(struct virtio_pci *device, unsigned bar, uint32_t offset, unsigned size)
{
    bool is_config =
        bar == VIRTIO_PCI_BAR_REGISTERS && offset >= VIRTIO_PCI_DEVICE && offset < VIRTIO_PCI_NOTIFY;
    if (is_config) {
        return config_bytes_read(device, offset - VIRTIO_PCI_DEVICE, size);
    }
    if (offset % size != 0) {
        return (uint64_t)PCI_NO_ANSWER;
    }
    if (size <= WORD_BYTES) {
        return register_read(device, bar, offset, size);
    }
    uint64_t low = register_read(device, bar, offset, WORD_BYTES);
    return low | (uint64_t)register_read(device, bar, offset + WORD_BYTES, WORD_BYTES) << WORD_BITS;
}

void virtio_pci_bar_write(struct virtio_pci *device, unsigned bar, uint32_t offset, unsigned size,
                          uint64_t value)
{
    if (offset % size != 0) {
        return;
    }
    if (size <= WORD_BYTES) {
        register_write(device, bar, offset, size, (uint32_t)value);
        return;
    }
    register_write(device, bar, offset, WORD_BYTES, (uint32_t)value);
    register_write(device, bar, offset + WORD_BYTES, WORD_BYTES, (uint32_t)(value >> WORD_BITS));
}

bool virtio_pci_poll(struct virtio_pci *device)
{
    if (!device->work_left) {
        return false;
    }
    device->work_left = false;
    for (unsigned i = 0; i < device->queue_count; i++) {
        virtio_device_notify(device, i);
    }
    return device->work_left;
}

bool virtio_pci_queue_runs(const struct virtio_pci *device, unsigned queue)
{
    return (device->status & VIRTIO_STATUS_DRIVER_OK) &&
           !(device->status & VIRTIO_STATUS_DEVICE_NEEDS_RESET) &&
           pci_function_is_bus_master(&device->function) && queue < device->queue_count &&
           device->queues[queue].enabled;
}

bool virtio_pci_pop(struct virtio_pci *device, unsigned queue)
{
    if (!virtio_pci_queue_runs(device, queue)) {
        return false;
    }
    bool indirect = (device->accepted & VIRTIO_F_INDIRECT_DESC) != 0;
    switch (virtio_queue_pop(&device->queues[queue], device->guest, indirect, &device->chain)) {
    case VIRTIO_QUEUE_CHAIN:
        return true;
    case VIRTIO_QUEUE_BROKEN:
        virtio_pci_stop(device);
        return false;
    default:
        return false;
    }
}

void virtio_pci_push(struct virtio_pci *device, unsigned queue, uint32_t written)
{
    if (!virtio_queue_push(&device->queues[queue], device->guest, device->chain.head, written)) {
        virtio_pci_stop(device);
    }
}

/* Where MSI-X is off there is no interrupt at all (no INTx pin): the ISR register still tells. */
static void interrupt(struct virtio_pci *device, enum virtio_isr cause, uint16_t vector)
{
    if (!device->msix.enabled) {
        device->isr |= (uint8_t)cause;
        return;
    }
    virtio_msix_send(&device->msix, device->guest, vector);
}

void virtio_pci_interrupt(struct virtio_pci *device, unsigned queue)
{
    if (virtio_queue_wants_interrupt(&device->queues[queue], device->guest)) {
        interrupt(device, VIRTIO_ISR_QUEUE, device->queues[queue].vector);
    }
}

void virtio_pci_stop(struct virtio_pci *device)
{
    bool was_live = (device->status & VIRTIO_STATUS_DRIVER_OK) != 0;
    device->status |= VIRTIO_STATUS_DEVICE_NEEDS_RESET;
    device->work_left = false;
    if (was_live) {
        interrupt(device, VIRTIO_ISR_CONFIG, device->config_vector);
    }
}
