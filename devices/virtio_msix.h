/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_VIRTIO_MSIX_H
#define DEVICES_VIRTIO_MSIX_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/host.h"
#include "devices/pci_function.h"

/*
 * The MSI-X table and pending bits of one function.  A message that may not be sent now waits as a
 * pending bit.
 * Source: PCI Local Bus Specification 3.0, "MSI-X Capability and Table Structures".
 */
enum {
    VIRTIO_MSIX_VECTORS_MAX = 5,
    VIRTIO_MSIX_PENDING = 0x800, /* offset of the pending bits in the BAR; the table is at 0 */
    VIRTIO_MSIX_BAR_BYTES = 0x1000,
    VIRTIO_NO_VECTOR = 0xFFFF,
};

enum virtio_msix_entry_word {
    VIRTIO_MSIX_ADDRESS_LOW,
    VIRTIO_MSIX_ADDRESS_HIGH,
    VIRTIO_MSIX_DATA,
    VIRTIO_MSIX_CONTROL, /* bit 0: masked */
    VIRTIO_MSIX_ENTRY_WORDS,
};

struct virtio_msix {
    unsigned vectors;
    bool enabled; /* MSI-X Enable, and the function is bus master */
    bool masked;  /* Function Mask */
    uint32_t pending;
    uint32_t table[VIRTIO_MSIX_VECTORS_MAX][VIRTIO_MSIX_ENTRY_WORDS];
};

/* Every vector masked, nothing pending. */
void virtio_msix_init(struct virtio_msix *msix, unsigned vectors);

/* The capability: table and pending bits are in BAR `bar`, for `vectors` vectors.  Returns its offset. */
uint8_t virtio_msix_add_capability(struct pci_function *function, unsigned bar, unsigned vectors);

/* The configuration space was written, perhaps Command or this capability. */
void virtio_msix_follow(struct virtio_msix *msix, struct guest *guest, const struct pci_function *function,
                        uint8_t capability);

/* Enable and mask bits changed: sends what waited and may go now. */
void virtio_msix_control(struct virtio_msix *msix, struct guest *guest, bool enabled, bool masked);

/* Send the message of `vector`, or let it wait.  Any other number is ignored. */
void virtio_msix_send(struct virtio_msix *msix, struct guest *guest, uint16_t vector);

/* A guest's aligned access of 4 bytes to the BAR. */
uint32_t virtio_msix_read(const struct virtio_msix *msix, uint32_t offset);
void virtio_msix_write(struct virtio_msix *msix, struct guest *guest, uint32_t offset, uint32_t value);

#endif
