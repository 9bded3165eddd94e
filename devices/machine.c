/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/machine.h"

#include <stddef.h>

/* Where devices sit on bus 0; the order of the block devices is that of their numbers. */
enum device_number {
    NUMBER_CONSOLE = 1,
    NUMBER_ENTROPY = 2,
    NUMBER_BLOCK = 3,
    NUMBER_ASSIGNED = NUMBER_BLOCK + DEVICE_BLOCKS_MAX,
};
_Static_assert(NUMBER_ASSIGNED + DEVICE_ASSIGNED_MAX <= PCI_HOST_DEVICES, "bus 0 has room for them");

void device_set_init(struct device_set *set, struct guest *guest, const struct device_config *config)
{
    set->guest = guest;
    set->has_uart = config->uart;
    set->has_console = config->console;
    pci_host_init(&set->pci, config->pci_ways);
    uart_init(&set->uart, guest);
    if (config->console) {
        virtio_console_init(&set->console, guest, pci_host_slice(NUMBER_CONSOLE));
        pci_host_attach(&set->pci, NUMBER_CONSOLE, &set->console.transport);
    }
    if (config->entropy) {
        virtio_entropy_init(&set->entropy, guest, pci_host_slice(NUMBER_ENTROPY));
        pci_host_attach(&set->pci, NUMBER_ENTROPY, &set->entropy.transport);
    }
    for (unsigned i = 0; i < config->block_count && i < DEVICE_BLOCKS_MAX; i++) {
        virtio_block_init(&set->blocks[i], guest, pci_host_slice(NUMBER_BLOCK + i), &config->blocks[i]);
        pci_host_attach(&set->pci, NUMBER_BLOCK + i, &set->blocks[i].transport);
    }
    for (unsigned i = 0; i < config->assigned_count && i < DEVICE_ASSIGNED_MAX; i++) {
        assigned_init(&set->assigned[i], guest, &config->assigned[i], pci_host_slice(NUMBER_ASSIGNED + i));
        pci_host_attach_assigned(&set->pci, NUMBER_ASSIGNED + i, &set->assigned[i]);
    }
}

bool device_set_port_read(struct device_set *set, uint16_t port, unsigned size, uint32_t *value)
{
    return (set->has_uart && uart_port_read(&set->uart, port, size, value)) ||
           pci_host_port_read(&set->pci, port, size, value);
}

bool device_set_port_write(struct device_set *set, uint16_t port, unsigned size, uint32_t value)
{
    return (set->has_uart && uart_port_write(&set->uart, port, size, value)) ||
           pci_host_port_write(&set->pci, port, size, value);
}

bool device_set_mmio_read(struct device_set *set, uint64_t gpa, unsigned size, uint64_t *value)
{
    return pci_host_mmio_read(&set->pci, gpa, size, value);
}

bool device_set_mmio_write(struct device_set *set, uint64_t gpa, unsigned size, uint64_t value)
{
    return pci_host_mmio_write(&set->pci, gpa, size, value);
}

uint32_t device_set_console_input(struct device_set *set, const uint8_t *bytes, uint32_t count)
{
    return set->has_console ? virtio_console_input(&set->console, bytes, count) : count;
}

bool device_set_poll(struct device_set *set)
{
    bool more = false;
    for (unsigned i = 1; i < PCI_HOST_DEVICES; i++) {
        more |= set->pci.devices[i] != NULL && virtio_pci_poll(set->pci.devices[i]);
    }
    return more;
}
