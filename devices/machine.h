/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_MACHINE_H
#define DEVICES_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/assigned.h"
#include "devices/pci_host.h"
#include "devices/uart.h"
#include "devices/virtio_block.h"
#include "devices/virtio_console.h"
#include "devices/virtio_entropy.h"

/*
 * All devices of one guest.  The manager embeds one struct device_set for each guest (it is about
 * 25 KiB, holds no resources, and may be discarded at any time) and calls it for one thing at a time.
 * 00:01.0 is the console, 00:02.0 entropy, block devices follow in their order (vda, vdb, ...);
 * real functions that it was assigned are 00:07.0 and on.
 */
enum {
    DEVICE_BLOCKS_MAX = 4,
    DEVICE_ASSIGNED_MAX = 4,
};

struct device_config {
    unsigned pci_ways; /* enum pci_host_ways: must agree with the guest's ACPI tables */
    bool uart;
    bool console;
    bool entropy;
    unsigned block_count; /* up to DEVICE_BLOCKS_MAX */
    struct virtio_block_image blocks[DEVICE_BLOCKS_MAX];
    unsigned assigned_count;                              /* up to DEVICE_ASSIGNED_MAX */
    struct assigned_config assigned[DEVICE_ASSIGNED_MAX]; /* without refusal for PCI_HOST_SLICE_BYTES */
};

struct device_set {
    struct guest *guest;
    bool has_uart;
    bool has_console;
    struct pci_host pci;
    struct uart uart;
    struct virtio_console console;
    struct virtio_entropy entropy;
    struct virtio_block blocks[DEVICE_BLOCKS_MAX];
    struct assigned assigned[DEVICE_ASSIGNED_MAX];
};

void device_set_init(struct device_set *set, struct guest *guest, const struct device_config *config);

/* A guest's port or memory access, any port, size and address (without the shared bit).  False: no
 * device's, nothing done, `*value` untouched. */
bool device_set_port_read(struct device_set *set, uint16_t port, unsigned size, uint32_t *value);
bool device_set_port_write(struct device_set *set, uint16_t port, unsigned size, uint32_t value);
bool device_set_mmio_read(struct device_set *set, uint64_t gpa, unsigned size, uint64_t *value);
bool device_set_mmio_write(struct device_set *set, uint64_t gpa, unsigned size, uint64_t value);

/* Bytes typed for the guest's console; returns how many were taken (all, where it has no console: they
 * are dropped). */
uint32_t device_set_console_input(struct device_set *set, const uint8_t *bytes, uint32_t count);

/* Go on with work that was too much for one access: a bounded piece of it.  To be called once in
 * each turn of the guest; cheap where nothing waits.  True: there is more, call again soon. */
bool device_set_poll(struct device_set *set);

#endif
