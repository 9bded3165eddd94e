/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/pci_host.h"

#include <stddef.h>

#include "devices/assigned.h"
#include "devices/virtio_pci.h"

/* CONFIG_ADDRESS: enable 31, bus 23:16, device 15:11, function 10:8, register 7:2. */
enum config_address {
    CONFIG_ENABLE_SHIFT = 31,
    CONFIG_BUS_SHIFT = 16,
    CONFIG_DEVICE_SHIFT = 11,
    CONFIG_FUNCTION_SHIFT = 8,
    CONFIG_WRITABLE = 0x00FFFFFC, /* with the enable bit */
    CONFIG_REGISTER = 0xFC,
    CONFIG_DATA_BYTES = 4,
};

/* An offset into ECAM: bus 27:20, device 19:15, function 14:12, register 11:0. */
enum ecam_address {
    ECAM_DEVICE_SHIFT = 15,
    ECAM_FUNCTION_SHIFT = 12,
    ECAM_REGISTER = 0xFFF,
};

enum {
    BRIDGE_VENDOR = 0x1B36,
    BRIDGE_DEVICE = 0x0008,
    CLASS_HOST_BRIDGE = 0x0600,
    BUS_MASK = 0xFF,
    DEVICE_MASK = 31,
    FUNCTION_MASK = 7,
    BITS_PER_BYTE = 8,
};

static uint64_t no_answer(unsigned size)
{
    return size < sizeof(uint64_t) ? (1ull << (size * BITS_PER_BYTE)) - 1 : UINT64_MAX;
}

void pci_host_init(struct pci_host *host, unsigned ways)
{
    static const struct pci_identity bridge = {
        .vendor = BRIDGE_VENDOR,
        .device = BRIDGE_DEVICE,
        .class_code = CLASS_HOST_BRIDGE,
    };

    host->ways = ways;
    host->config_address = 0;
    pci_function_init(&host->bridge, &bridge);
    for (unsigned i = 0; i < PCI_HOST_DEVICES; i++) {
        host->devices[i] = NULL;
        host->assigned[i] = NULL;
    }
}

void pci_host_attach(struct pci_host *host, unsigned number, struct virtio_pci *device)
{
    host->devices[number] = device;
}

void pci_host_attach_assigned(struct pci_host *host, unsigned number, struct assigned *device)
{
    host->assigned[number] = device;
}

uint32_t pci_host_slice(unsigned number)
{
    return PCI_HOST_MMIO_BASE + number * PCI_HOST_SLICE_BYTES;
}

/* Configuration space of 00:`device`.`function`; nobody there: all ones. */
static uint32_t config_read(struct pci_host *host, unsigned device, unsigned function, unsigned offset,
                            unsigned size)
{
    if (function == 0 && device == 0) {
        return pci_function_read(&host->bridge, offset, size);
    }
    if (function == 0 && host->devices[device] != NULL) {
        return virtio_pci_config_read(host->devices[device], offset, size);
    }
    if (function == 0 && host->assigned[device] != NULL) {
        return assigned_config_read(host->assigned[device], offset, size);
    }
    return (uint32_t)PCI_NO_ANSWER;
}

static void config_write(struct pci_host *host, unsigned device, unsigned function, unsigned offset,
                         unsigned size, uint32_t value)
{
    if (function == 0 && device == 0) {
        pci_function_write(&host->bridge, offset, size, value);
    } else if (function == 0 && host->devices[device] != NULL) {
        virtio_pci_config_write(host->devices[device], offset, size, value);
    } else if (function == 0 && host->assigned[device] != NULL) {
        assigned_config_write(host->assigned[device], offset, size, value);
    }
}

static bool is_address_port(const struct pci_host *host, uint16_t port, unsigned size)
{
    return (host->ways & PCI_HOST_PORTS) && port == PCI_HOST_CONFIG_ADDRESS && size == sizeof(uint32_t);
}

static bool is_data_port(const struct pci_host *host, uint16_t port, unsigned size)
{
    return (host->ways & PCI_HOST_PORTS) && port >= PCI_HOST_CONFIG_DATA &&
           port < PCI_HOST_CONFIG_DATA + CONFIG_DATA_BYTES && (size == 1 || size == 2 || size == 4);
}

/* Does CONFIG_ADDRESS name a register on bus 0, and does the access stay in its four bytes? */
static bool data_port_answers(const struct pci_host *host, uint16_t port, unsigned size)
{
    return (host->config_address >> CONFIG_ENABLE_SHIFT) != 0 &&
           ((host->config_address >> CONFIG_BUS_SHIFT) & BUS_MASK) == 0 &&
           port - PCI_HOST_CONFIG_DATA + size <= CONFIG_DATA_BYTES;
}

static unsigned address_device(const struct pci_host *host)
{
    return (host->config_address >> CONFIG_DEVICE_SHIFT) & DEVICE_MASK;
}

static unsigned address_function(const struct pci_host *host)
{
    return (host->config_address >> CONFIG_FUNCTION_SHIFT) & FUNCTION_MASK;
}

static unsigned address_register(const struct pci_host *host, uint16_t port)
{
    return (host->config_address & CONFIG_REGISTER) + (port - PCI_HOST_CONFIG_DATA);
}

bool pci_host_port_read(struct pci_host *host, uint16_t port, unsigned size, uint32_t *value)
{
    if (is_address_port(host, port, size)) {
        *value = host->config_address;
        return true;
    }
    if (!is_data_port(host, port, size)) {
        return false;
    }
    *value = (uint32_t)no_answer(size);
    if (data_port_answers(host, port, size)) {
        *value &= config_read(host, address_device(host), address_function(host),
                              address_register(host, port), size);
    }
    return true;
}

bool pci_host_port_write(struct pci_host *host, uint16_t port, unsigned size, uint32_t value)
{
    if (is_address_port(host, port, size)) {
        host->config_address = value & (CONFIG_WRITABLE | 1u << CONFIG_ENABLE_SHIFT);
        return true;
    }
    if (!is_data_port(host, port, size)) {
        return false;
    }
    if (data_port_answers(host, port, size)) {
        config_write(host, address_device(host), address_function(host), address_register(host, port), size,
                     value);
    }
    return true;
}

static bool in_window(uint64_t gpa, uint64_t base, uint64_t bytes)
{
    return gpa >= base && gpa - base < bytes;
}

static bool is_ecam(const struct pci_host *host, uint64_t gpa)
{
    return (host->ways & PCI_HOST_ECAM) && in_window(gpa, PCI_HOST_ECAM_BASE, PCI_HOST_ECAM_BYTES);
}

static bool is_mmio_size(unsigned size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

static const struct pci_function *function_of(const struct pci_host *host, unsigned device)
{
    if (host->devices[device] != NULL) {
        return &host->devices[device]->function;
    }
    return host->assigned[device] != NULL ? &host->assigned[device]->function : NULL;
}

/* The device with a BAR that decodes the whole access; 0: none. */
static unsigned find_bar(const struct pci_host *host, uint64_t gpa, unsigned size, unsigned *bar,
                         uint32_t *offset)
{
    for (unsigned i = 1; i < PCI_HOST_DEVICES && is_mmio_size(size); i++) {
        const struct pci_function *function = function_of(host, i);
        if (function != NULL && pci_function_decode(function, gpa, size, bar, offset)) {
            return i;
        }
    }
    return 0;
}

static uint64_t bar_read(struct pci_host *host, unsigned device, unsigned bar, uint32_t offset, unsigned size)
{
    return host->devices[device] != NULL ? virtio_pci_bar_read(host->devices[device], bar, offset, size)
                                         : assigned_bar_read(host->assigned[device], bar, offset, size);
}

static void bar_write(struct pci_host *host, unsigned device, unsigned bar, uint32_t offset, unsigned size,
                      uint64_t value)
{
    if (host->devices[device] != NULL) {
        virtio_pci_bar_write(host->devices[device], bar, offset, size, value);
    } else {
        assigned_bar_write(host->assigned[device], bar, offset, size, value);
    }
}

bool pci_host_mmio_read(struct pci_host *host, uint64_t gpa, unsigned size, uint64_t *value)
{
    if (is_ecam(host, gpa)) {
        uint32_t at = (uint32_t)(gpa - PCI_HOST_ECAM_BASE);
        *value = no_answer(size);
        if (size <= sizeof(uint32_t)) {
            *value &= config_read(host, at >> ECAM_DEVICE_SHIFT, (at >> ECAM_FUNCTION_SHIFT) & FUNCTION_MASK,
                                  at & ECAM_REGISTER, size);
        }
        return true;
    }
    if (!in_window(gpa, PCI_HOST_MMIO_BASE, PCI_HOST_MMIO_BYTES)) {
        return false;
    }
    unsigned bar;
    uint32_t offset;
    const unsigned device = find_bar(host, gpa, size, &bar, &offset);
    *value = no_answer(size);
    if (device != 0) {
        *value &= bar_read(host, device, bar, offset, size);
    }
    return true;
}

bool pci_host_mmio_write(struct pci_host *host, uint64_t gpa, unsigned size, uint64_t value)
{
    if (is_ecam(host, gpa)) {
        uint32_t at = (uint32_t)(gpa - PCI_HOST_ECAM_BASE);
        if (size <= sizeof(uint32_t)) {
            config_write(host, at >> ECAM_DEVICE_SHIFT, (at >> ECAM_FUNCTION_SHIFT) & FUNCTION_MASK,
                         at & ECAM_REGISTER, size, (uint32_t)value);
        }
        return true;
    }
    if (!in_window(gpa, PCI_HOST_MMIO_BASE, PCI_HOST_MMIO_BYTES)) {
        return false;
    }
    unsigned bar;
    uint32_t offset;
    const unsigned device = find_bar(host, gpa, size, &bar, &offset);
    if (device != 0) {
        bar_write(host, device, bar, offset, size, value);
    }
    return true;
}
