/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/assigned.h"

#include <stddef.h>

unsigned assigned_interrupts(const struct assigned_config *config)
{
    return config->interrupts < ASSIGNED_INTERRUPTS_MAX ? config->interrupts : ASSIGNED_INTERRUPTS_MAX;
}

/* The last BAR that the function has no use for, or PCI_BARS. */
static unsigned free_bar(const struct assigned_config *config)
{
    for (unsigned bar = PCI_BARS; bar-- > 0;) {
        if (config->bars[bar].bytes == 0) {
            return bar;
        }
    }
    return PCI_BARS;
}

/* The largest BAR below `limit` bytes, of those of one size the first after `after`.  PCI_BARS: there is none. */
static unsigned next_bar(const struct assigned_config *config, uint32_t limit, unsigned after)
{
    unsigned best = PCI_BARS;

    for (unsigned bar = 0; bar < PCI_BARS; bar++) {
        const uint32_t bytes = config->bars[bar].bytes;
        const bool left = bytes != 0 && (bytes < limit || (bytes == limit && bar > after));

        if (left && (best == PCI_BARS || bytes > config->bars[best].bytes)) {
            best = bar;
        }
    }
    return best;
}

const char *assigned_refusal(const struct assigned_config *config, uint32_t slice_bytes)
{
    uint64_t bytes = VIRTIO_MSIX_BAR_BYTES;

    for (unsigned bar = 0; bar < PCI_BARS; bar++) {
        bytes += config->bars[bar].bytes;
    }
    if (bytes == VIRTIO_MSIX_BAR_BYTES) {
        return "it has no registers that the core maps";
    }
    if (bytes > slice_bytes || bytes > (uint64_t)ASSIGNED_PAGES_MAX * ASSIGNED_PAGE_BYTES) {
        return "its registers take more room than a guest has for one device, 2 MiB";
    }
    if (config->interrupts == 0) {
        return "it has no MSI-X, and no other interrupts can be given to a guest";
    }
    if (free_bar(config) == PCI_BARS) {
        return "it uses all base address registers, and one is needed for its interrupts";
    }
    return NULL;
}

void assigned_init(struct assigned *device, struct guest *guest, const struct assigned_config *config,
                   uint32_t slice)
{
    const unsigned vectors = assigned_interrupts(config);
    uint32_t at = slice;

    __builtin_memset(device, 0, sizeof(*device));
    device->guest = guest;
    device->name = config->name;
    pci_function_init(&device->function, &config->identity);
    /* The largest come first, so that each is aligned to its size. */
    for (unsigned bar = next_bar(config, UINT32_MAX, PCI_BARS); bar != PCI_BARS;
         bar = next_bar(config, config->bars[bar].bytes, bar)) {
        device->bars[bar] = config->bars[bar];
        pci_function_add_bar(&device->function, bar, at, config->bars[bar].bytes);
        at += config->bars[bar].bytes;
    }
    device->msix_bar = free_bar(config);
    pci_function_add_bar(&device->function, device->msix_bar, at, VIRTIO_MSIX_BAR_BYTES);
    device->msix_capability = virtio_msix_add_capability(&device->function, device->msix_bar, vectors);
    virtio_msix_init(&device->msix, vectors);
    host_device_master(device->name, false);
}

uint32_t assigned_config_read(const struct assigned *device, unsigned offset, unsigned size)
{
    return device->cut_off ? (uint32_t)PCI_NO_ANSWER : pci_function_read(&device->function, offset, size);
}

void assigned_config_write(struct assigned *device, unsigned offset, unsigned size, uint32_t value)
{
    const bool was_master = pci_function_is_bus_master(&device->function);

    if (device->cut_off) {
        return;
    }
    pci_function_write(&device->function, offset, size, value);
    if (pci_function_is_bus_master(&device->function) != was_master) {
        host_device_master(device->name, !was_master);
    }
    virtio_msix_follow(&device->msix, device->guest, &device->function, device->msix_capability);
}

/* The registers of MSI-X are 4 bytes wide; an 8-byte access is one to two of them. */
static uint64_t msix_read(const struct assigned *device, uint32_t offset, unsigned size)
{
    if (size < sizeof(uint32_t)) {
        return (uint64_t)PCI_NO_ANSWER;
    }
    const uint64_t low = virtio_msix_read(&device->msix, offset);
    return size == sizeof(uint32_t)
               ? low
               : low | (uint64_t)virtio_msix_read(&device->msix, offset + sizeof(uint32_t)) << 32;
}

static void msix_write(struct assigned *device, uint32_t offset, unsigned size, uint64_t value)
{
    for (uint32_t at = 0; at + sizeof(uint32_t) <= size; at += sizeof(uint32_t)) {
        virtio_msix_write(&device->msix, device->guest, offset + at, (uint32_t)(value >> at * 8));
    }
}

static uint64_t *denied_word(struct assigned *device, unsigned bar, uint32_t offset)
{
    return &device->denied[bar][offset / ASSIGNED_PAGE_BYTES / ASSIGNED_PAGES_OF_WORD];
}

static uint64_t denied_bit(uint32_t offset)
{
    return 1ull << offset / ASSIGNED_PAGE_BYTES % ASSIGNED_PAGES_OF_WORD;
}

static bool is_denied(struct assigned *device, unsigned bar, uint32_t offset)
{
    return (*denied_word(device, bar, offset) & denied_bit(offset)) != 0;
}

static uint64_t register_read(struct assigned *device, unsigned bar, uint32_t offset, unsigned size)
{
    uint64_t value = UINT64_MAX;

    if (!is_denied(device, bar, offset) &&
        !host_device_read(device->bars[bar].address + offset, size, &value)) {
        *denied_word(device, bar, offset) |= denied_bit(offset);
        return UINT64_MAX;
    }
    return value;
}

uint64_t assigned_bar_read(struct assigned *device, unsigned bar, uint32_t offset, unsigned size)
{
    if (offset % size != 0 || device->cut_off) {
        return (uint64_t)PCI_NO_ANSWER;
    }
    return bar == device->msix_bar ? msix_read(device, offset, size)
                                   : register_read(device, bar, offset, size);
}

void assigned_bar_write(struct assigned *device, unsigned bar, uint32_t offset, unsigned size, uint64_t value)
{
    if (offset % size != 0 || device->cut_off) {
        return;
    }
    if (bar == device->msix_bar) {
        msix_write(device, offset, size, value);
    } else if (!is_denied(device, bar, offset) &&
               !host_device_write(device->bars[bar].address + offset, size, value)) {
        *denied_word(device, bar, offset) |= denied_bit(offset);
    }
}

void assigned_interrupt(struct assigned *device, unsigned number)
{
    if (!device->cut_off) {
        virtio_msix_send(&device->msix, device->guest, (uint16_t)number);
    }
}

void assigned_fault(struct assigned *device)
{
    pci_function_set_error(&device->function, PCI_STATUS_RECEIVED_MASTER_ABORT);
}

void assigned_cut_off(struct assigned *device)
{
    device->cut_off = true;
}
