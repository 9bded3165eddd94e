/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/virtio_msix.h"

enum {
    CONTROL_MASKED = 1 << 0,
    ADDRESS_RESERVED = 3, /* address bits 1:0 are zero: the data is a dword */
    WORD_BYTES = 4,
    ENTRY_BYTES = WORD_BYTES * VIRTIO_MSIX_ENTRY_WORDS,
    ADDRESS_HIGH_SHIFT = 32,
};

enum msix_capability {
    CAPABILITY_MSIX = 0x11,

    MSIX_CONTROL = 2,
    MSIX_TABLE = 4,
    MSIX_PENDING_BITS = 8,
    MSIX_BYTES = 12,

    MSIX_CONTROL_MASK = 1 << 14,
    MSIX_CONTROL_ENABLE = 1 << 15,
};

static bool may_send(const struct virtio_msix *msix, unsigned vector)
{
    return msix->enabled && !msix->masked && !(msix->table[vector][VIRTIO_MSIX_CONTROL] & CONTROL_MASKED);
}

static void send_if_pending(struct virtio_msix *msix, struct guest *guest, unsigned vector)
{
    if ((msix->pending & (1u << vector)) && may_send(msix, vector)) {
        msix->pending &= ~(1u << vector);
        virtio_msix_send(msix, guest, (uint16_t)vector);
    }
}

void virtio_msix_init(struct virtio_msix *msix, unsigned vectors)
{
    __builtin_memset(msix, 0, sizeof(*msix));
    msix->vectors = vectors;
    for (unsigned i = 0; i < vectors; i++) {
        msix->table[i][VIRTIO_MSIX_CONTROL] = CONTROL_MASKED;
    }
}

uint8_t virtio_msix_add_capability(struct pci_function *function, unsigned bar, unsigned vectors)
{
    uint8_t body[MSIX_BYTES] = {CAPABILITY_MSIX, 0, (uint8_t)(vectors - 1)};
    uint8_t at;

    /* The offsets are multiples of 256, and the BAR is below 8. */
    body[MSIX_TABLE] = (uint8_t)bar;
    body[MSIX_PENDING_BITS] = (uint8_t)bar;
    body[MSIX_PENDING_BITS + 1] = VIRTIO_MSIX_PENDING / 256;
    at = pci_function_add_capability(function, body, MSIX_BYTES);
    pci_function_allow_write(function, at + MSIX_CONTROL, sizeof(uint16_t),
                             MSIX_CONTROL_MASK | MSIX_CONTROL_ENABLE);
    return at;
}

void virtio_msix_follow(struct virtio_msix *msix, struct guest *guest, const struct pci_function *function,
                        uint8_t capability)
{
    const uint32_t control = pci_function_read(function, capability + MSIX_CONTROL, sizeof(uint16_t));

    virtio_msix_control(msix, guest,
                        pci_function_is_bus_master(function) && (control & MSIX_CONTROL_ENABLE) != 0,
                        (control & MSIX_CONTROL_MASK) != 0);
}

void virtio_msix_control(struct virtio_msix *msix, struct guest *guest, bool enabled, bool masked)
{
    msix->enabled = enabled;
    msix->masked = masked;
    for (unsigned i = 0; i < msix->vectors; i++) {
        send_if_pending(msix, guest, i);
    }
}

void virtio_msix_send(struct virtio_msix *msix, struct guest *guest, uint16_t vector)
{
    /* Is there such a vector? */
    if (vector >= msix->vectors) {
        return;
    }
    /* May it be sent now? */
    if (!may_send(msix, vector)) {
        msix->pending |= 1u << vector;
        return;
    }
    const uint32_t *entry = msix->table[vector];
    uint64_t address =
        (uint64_t)entry[VIRTIO_MSIX_ADDRESS_HIGH] << ADDRESS_HIGH_SHIFT | entry[VIRTIO_MSIX_ADDRESS_LOW];
    host_msi(guest, address, entry[VIRTIO_MSIX_DATA]);
}

uint32_t virtio_msix_read(const struct virtio_msix *msix, uint32_t offset)
{
    if (offset == VIRTIO_MSIX_PENDING) {
        return msix->pending;
    }
    if (offset / ENTRY_BYTES < msix->vectors) {
        return msix->table[offset / ENTRY_BYTES][offset % ENTRY_BYTES / WORD_BYTES];
    }
    return 0;
}

void virtio_msix_write(struct virtio_msix *msix, struct guest *guest, uint32_t offset, uint32_t value)
{
    unsigned vector = offset / ENTRY_BYTES;
    unsigned word = offset % ENTRY_BYTES / WORD_BYTES;
    /* Is it an entry of the table?  All else in the BAR is read-only. */
    if (vector >= msix->vectors) {
        return;
    }
    switch ((enum virtio_msix_entry_word)word) {
    case VIRTIO_MSIX_ADDRESS_LOW:
        value &= ~(uint32_t)ADDRESS_RESERVED;
        break;
    case VIRTIO_MSIX_CONTROL:
        value &= CONTROL_MASKED;
        break;
    default:
        break;
    }
    msix->table[vector][word] = value;
    send_if_pending(msix, guest, vector);
}
