/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_PCI_HOST_H
#define DEVICES_PCI_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/pci_function.h"

/*
 * The PCI host of one guest: bus 0 with a host bridge at 00:00.0 and up to 31 functions 00:01.0,
 * 00:02.0, ...: virtio devices, and real ones that the guest was assigned.  Configuration space is reached by ports (mechanism 1) and by the ECAM window.
 * Source: PCI Local Bus Specification 3.0, "Configuration Mechanism #1"; PCI Express Base
 * Specification, "PCI Express Enhanced Configuration Access Mechanism".
 *
 * Addresses here are guest-physical without the shared bit: the caller strips it.
 * One call at a time per guest.
 */
enum {
    PCI_HOST_DEVICES = 32, /* device numbers of bus 0; 0 is the bridge */
    PCI_HOST_CONFIG_ADDRESS = 0xCF8,
    PCI_HOST_CONFIG_DATA = 0xCFC, /* to 0xCFF */
};

/* What the guest's ACPI tables must say: _CRS of PCI0, and MCFG (bus 0 only). */
#define PCI_HOST_MMIO_BASE  0xE0000000u
#define PCI_HOST_MMIO_BYTES 0x04000000u
#define PCI_HOST_ECAM_BASE  0xE8000000u
#define PCI_HOST_ECAM_BYTES 0x00100000u
/* Each device number has its own slice of the MMIO window for its BARs. */
#define PCI_HOST_SLICE_BYTES (PCI_HOST_MMIO_BYTES / PCI_HOST_DEVICES)

/* How configuration space is reached.  Linux prefers the ports where both answer, and the ports
 * cost it two exits for each access: a guest given an MCFG does better without them. */
enum pci_host_ways {
    PCI_HOST_PORTS = 1 << 0,
    PCI_HOST_ECAM = 1 << 1,
};

struct virtio_pci;
struct assigned;

struct pci_host {
    unsigned ways; /* enum pci_host_ways */
    uint32_t config_address;
    struct pci_function bridge;
    /* [0] is unused; where both are NULL is nobody, and never are both there. */
    struct virtio_pci *devices[PCI_HOST_DEVICES];
    struct assigned *assigned[PCI_HOST_DEVICES];
};

void pci_host_init(struct pci_host *host, unsigned ways);

/* Put an initialised device at 00:`number`.0, 1 to 31, not taken; its BARs must lie in
 * pci_host_slice(number). */
void pci_host_attach(struct pci_host *host, unsigned number, struct virtio_pci *device);
void pci_host_attach_assigned(struct pci_host *host, unsigned number, struct assigned *device);

/* Guest-physical address of the slice of the MMIO window for the BARs of 00:`number`.0. */
uint32_t pci_host_slice(unsigned number);

/* A guest's port access of 1, 2 or 4 bytes.  False: not a port of this host, nothing done (the
 * caller answers all ones).  True: done; a read of nobody's register gave all ones of that size. */
bool pci_host_port_read(struct pci_host *host, uint16_t port, unsigned size, uint32_t *value);
bool pci_host_port_write(struct pci_host *host, uint16_t port, unsigned size, uint32_t value);

/* A guest's memory access of 1, 2, 4 or 8 bytes.  False: outside both windows, nothing done.  True:
 * done; where no BAR answers, or the register knows no such access, reads give all ones and
 * writes do nothing. */
bool pci_host_mmio_read(struct pci_host *host, uint64_t gpa, unsigned size, uint64_t *value);
bool pci_host_mmio_write(struct pci_host *host, uint64_t gpa, unsigned size, uint64_t value);

#endif
