/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_PCI_CONFIG_H
#define ARCH_X86_64_PCI_CONFIG_H

#include <stdint.h>

/*
 * Configuration space, which is the core's alone: of segment group 0 through ports 0xCF8 and 0xCFC (its first
 * 256 bytes), of other segment groups through their ECAM.  The boot CPU alone uses it.
 * Source: PCI Local Bus Specification 3.0, "PCI Configuration Mechanism"; PCI Express Base Specification,
 * "PCI Express Enhanced Configuration Access Mechanism (ECAM)".
 */
#define PCI_BUSES     256u
#define PCI_DEVICES   32u
#define PCI_FUNCTIONS 8u

#define PCI_ECAM_BUS_BYTES 0x100000u

/* A function.  `ecam` is where the configuration space of its bus is mapped; NULL: segment group 0. */
struct pci_place {
    void *ecam;
    uint16_t segment;
    uint8_t bus;
    uint8_t device;   /* below PCI_DEVICES */
    uint8_t function; /* below PCI_FUNCTIONS */
};

/* Read 32 bits at `offset`, a multiple of 4 below 256.  All ones where no function answers. */
uint32_t pci_config_read(const struct pci_place *place, uint32_t offset);

/* Write the low `bytes` (1, 2 or 4) of `value` at `offset`, a multiple of `bytes` below 256, and nothing else. */
void pci_config_write(const struct pci_place *place, uint32_t offset, uint32_t bytes, uint32_t value);

#endif
