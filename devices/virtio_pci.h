/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_VIRTIO_PCI_H
#define DEVICES_VIRTIO_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/host.h"
#include "devices/pci_function.h"
#include "devices/virtio_msix.h"
#include "devices/virtio_queue.h"

/*
 * The virtio 1.x transport over PCI: what is the same for every device.  A device model is a struct
 * whose first member is its struct virtio_pci; devices/virtio_device.h leads back by the type.
 * Source: virtio 1.2, "Virtio Over PCI Bus", "Basic Facilities of a Virtio Device".
 */
enum virtio_type {
    VIRTIO_TYPE_NETWORK = 1,
    VIRTIO_TYPE_BLOCK = 2,
    VIRTIO_TYPE_CONSOLE = 3,
    VIRTIO_TYPE_ENTROPY = 4,
    VIRTIO_TYPE_VSOCK = 19,
};

enum virtio_status {
    VIRTIO_STATUS_ACKNOWLEDGE = 1,
    VIRTIO_STATUS_DRIVER = 2,
    VIRTIO_STATUS_DRIVER_OK = 4,
    VIRTIO_STATUS_FEATURES_OK = 8,
    VIRTIO_STATUS_DEVICE_NEEDS_RESET = 64,
    VIRTIO_STATUS_FAILED = 128,
};

/* Feature bits that belong to the transport and the rings. */
#define VIRTIO_F_INDIRECT_DESC   (1ull << 28)
#define VIRTIO_F_VERSION_1       (1ull << 32)
#define VIRTIO_F_ACCESS_PLATFORM (1ull << 33)

enum virtio_isr {
    VIRTIO_ISR_QUEUE = 1,
    VIRTIO_ISR_CONFIG = 2,
};

enum {
    VIRTIO_PCI_VENDOR = 0x1AF4,
    VIRTIO_PCI_DEVICE_BASE = 0x1040, /* + enum virtio_type */
    VIRTIO_PCI_QUEUES_MAX = VIRTIO_MSIX_VECTORS_MAX - 1,
    VIRTIO_PCI_DEVICE_CONFIG_MAX = 64, /* bytes of device-specific configuration */
};

/* BAR 0 holds the registers, BAR 1 the MSI-X table and pending bits. */
enum virtio_pci_bar {
    VIRTIO_PCI_BAR_REGISTERS = 0,
    VIRTIO_PCI_BAR_MSIX = 1,
};

enum virtio_pci_layout {
    VIRTIO_PCI_COMMON = 0x0000,
    VIRTIO_PCI_ISR = 0x1000,
    VIRTIO_PCI_DEVICE = 0x2000,
    VIRTIO_PCI_NOTIFY = 0x3000,
    VIRTIO_PCI_NOTIFY_STRIDE = 4, /* bytes between the doorbells of two queues */
    VIRTIO_PCI_REGISTERS_BYTES = 0x4000,
};

struct virtio_pci_identity {
    enum virtio_type type;
    uint16_t class_code;     /* base class << 8 | sub-class */
    uint64_t features;       /* of the device type; the transport adds VERSION_1 and ACCESS_PLATFORM */
    unsigned queues;         /* 1 to VIRTIO_PCI_QUEUES_MAX */
    uint16_t queue_size_max; /* a power of two up to VIRTIO_QUEUE_SIZE_MAX */
    unsigned config_bytes;   /* device-specific configuration: up to VIRTIO_PCI_DEVICE_CONFIG_MAX */
};

struct virtio_pci {
    struct guest *guest;
    enum virtio_type type;
    struct pci_function function;
    uint8_t msix_capability; /* offsets in configuration space */
    uint8_t access_capability;
    struct virtio_msix msix;

    uint64_t offered;
    uint64_t accepted;
    uint32_t offered_select;
    uint32_t accepted_select;
    uint8_t status; /* enum virtio_status */
    uint8_t isr;    /* enum virtio_isr */
    uint16_t config_vector;
    uint16_t queue_select;
    unsigned queue_count;
    struct virtio_queue queues[VIRTIO_PCI_QUEUES_MAX];

    unsigned config_bytes;
    uint8_t config[VIRTIO_PCI_DEVICE_CONFIG_MAX]; /* read-only to the driver */

    bool work_left;            /* chains may be waiting that nobody will kick for again */
    struct virtio_chain chain; /* the request being served; too large for a stack */
};

/* Fill in everything; the device starts reset, its BARs at guest-physical address `slice`
 * (pci_host_slice). */
void virtio_pci_init(struct virtio_pci *device, struct guest *guest,
                     const struct virtio_pci_identity *identity, uint32_t slice);

/* A guest's access to configuration space; rules as for pci_function_read and _write. */
uint32_t virtio_pci_config_read(struct virtio_pci *device, unsigned offset, unsigned size);
void virtio_pci_config_write(struct virtio_pci *device, unsigned offset, unsigned size, uint32_t value);

/* A guest's access of 1, 2, 4 or 8 bytes inside BAR `bar` at `offset`.  A register read with a width that
 * is not its own gives all ones; written so, it does not change. */
uint64_t virtio_pci_bar_read(struct virtio_pci *device, unsigned bar, uint32_t offset, unsigned size);
void virtio_pci_bar_write(struct virtio_pci *device, unsigned bar, uint32_t offset, unsigned size,
                          uint64_t value);

/* Go on with work that was left; false: there is none now. */
bool virtio_pci_poll(struct virtio_pci *device);

/*
 * For device models.
 */

/* May the queue be served: does it exist, is it enabled, and is the device running (DRIVER_OK, bus master,
 * no reset needed)? */
bool virtio_pci_queue_runs(const struct virtio_pci *device, unsigned queue);

/* Take the next chain of a queue into device->chain.  False: the queue does not run, has none, or was bad and
 * has just stopped the device. */
bool virtio_pci_pop(struct virtio_pci *device, unsigned queue);

/* Return device->chain with `written` bytes in its writable part, once for each pop.  The interrupt comes
 * apart, once for a batch. */
void virtio_pci_push(struct virtio_pci *device, unsigned queue, uint32_t written);
void virtio_pci_interrupt(struct virtio_pci *device, unsigned queue);

/* The driver broke the rules: DEVICE_NEEDS_RESET, and nothing moves until it resets. */
void virtio_pci_stop(struct virtio_pci *device);

#endif
