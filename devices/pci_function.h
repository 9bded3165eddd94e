/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_PCI_FUNCTION_H
#define DEVICES_PCI_FUNCTION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The configuration space of one PCI function as a guest sees it: 256 bytes, and for each bit
 * whether a write changes it.  Sizing a BAR needs nothing more: its low bits do not change.
 * Source: PCI Local Bus Specification 3.0, "Configuration Space Organization", "Base Addresses",
 * "Capabilities List".
 */
enum {
    PCI_CONFIG_BYTES = 256,
    PCI_BARS = 6,
    PCI_NO_ANSWER = -1, /* what a read gets where nobody answers: all ones */
};

enum pci_register {
    PCI_VENDOR_ID = 0x00,
    PCI_DEVICE_ID = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION_ID = 0x08,
    PCI_CLASS_PROGRAM = 0x09,
    PCI_CLASS_SUB = 0x0A,
    PCI_CLASS_BASE = 0x0B,
    PCI_CACHE_LINE_SIZE = 0x0C,
    PCI_HEADER_TYPE = 0x0E,
    PCI_BAR0 = 0x10,
    PCI_SUBSYSTEM_VENDOR_ID = 0x2C,
    PCI_SUBSYSTEM_ID = 0x2E,
    PCI_CAPABILITIES = 0x34,
    PCI_INTERRUPT_LINE = 0x3C,
    PCI_INTERRUPT_PIN = 0x3D,
    PCI_HEADER_END = 0x40,
};

enum pci_command {
    PCI_COMMAND_MEMORY = 1 << 1,
    PCI_COMMAND_BUS_MASTER = 1 << 2,
    PCI_COMMAND_INTX_DISABLE = 1 << 10,
};

enum pci_status {
    PCI_STATUS_CAPABILITIES = 1 << 4,
    PCI_STATUS_RECEIVED_MASTER_ABORT = 1 << 13,
    PCI_STATUS_ERRORS = 0xf900, /* cleared by writing ones */
};

struct pci_identity {
    uint16_t vendor;
    uint16_t device;
    uint16_t subsystem_vendor;
    uint16_t subsystem;
    uint16_t class_code; /* base class << 8 | sub-class */
    uint8_t revision;
    uint8_t program; /* programming interface */
};

struct pci_function {
    uint8_t bytes[PCI_CONFIG_BYTES];
    uint8_t writable[PCI_CONFIG_BYTES]; /* the bits that a write changes */
    uint32_t bar_bytes[PCI_BARS];       /* 0: no such BAR */
    uint8_t last_capability;            /* offset of the last one; 0: none yet */
    uint8_t free;                       /* where the next capability goes */
};

/* An empty header: no BAR, no capability, no interrupt pin. */
void pci_function_init(struct pci_function *function, const struct pci_identity *identity);

/* Add a 32-bit memory BAR of `bytes` (a power of two, 16 or more) preset to `address`. */
void pci_function_add_bar(struct pci_function *function, unsigned bar, uint32_t address, uint32_t bytes);

/* Append a capability of `bytes` bytes in all; the link in body[1] is filled in.  Read-only until
 * pci_function_allow_write.  Returns its offset.  It must fit: the models know their lists. */
uint8_t pci_function_add_capability(struct pci_function *function, const uint8_t *body, uint8_t bytes);

/* Let writes change the bits of `mask` in the register of `size` (1, 2, 4) bytes at `offset`. */
void pci_function_allow_write(struct pci_function *function, unsigned offset, unsigned size, uint32_t mask);

/* Set an error bit of Status, for the guest to see and clear. */
void pci_function_set_error(struct pci_function *function, enum pci_status error);

/* A guest's access.  `size` is 1, 2 or 4 and `offset` a multiple of it, below PCI_CONFIG_BYTES;
 * anything else reads all ones and writes nothing. */
uint32_t pci_function_read(const struct pci_function *function, unsigned offset, unsigned size);
void pci_function_write(struct pci_function *function, unsigned offset, unsigned size, uint32_t value);

/* Is the whole access [gpa, gpa + size) inside a BAR that is decoded now?  Then which, and where. */
bool pci_function_decode(const struct pci_function *function, uint64_t gpa, unsigned size, unsigned *bar,
                         uint32_t *offset);

/* May the function send messages and use memory? */
bool pci_function_is_bus_master(const struct pci_function *function);

#endif
