/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_PCI_FUNCTION_H
#define ARCH_X86_64_PCI_FUNCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/pci.h"

/*
 * Acts on one function of segment group 0 that was found at boot, by its index in pci_machine.  Where its capabilities
 * are was read once, at boot: what the device says later decides nothing.  At boot, or under the ownership lock.
 * Source: PCI Local Bus Specification 3.0, "Configuration Space"; PCI Express Base Specification, "PCI Express
 * Capability Structure", "Function Level Reset"; PCI-to-PCI Bridge Architecture Specification 1.2, "Bridge Control Register".
 */
#define PCI_BARS         6u
#define PCI_CONFIG_BYTES 256u

enum pci_command {
    PCI_COMMAND_MEMORY = 1 << 1,
    PCI_COMMAND_MASTER = 1 << 2,
    PCI_COMMAND_INTX_OFF = 1 << 10,
};

/* How a function is reset on its own. */
enum pci_reset { PCI_RESET_NONE = 0, PCI_RESET_EXPRESS = 1, PCI_RESET_FEATURES = 2 };

/* As read at boot; a capability at offset 0 is not there. */
struct pci_facts {
    uint32_t bars[PCI_BARS];
    uint64_t sizes[PCI_BARS]; /* in bytes, of memory BARs; 0: none, or not looked at */
    uint32_t msix_table;      /* offset in a BAR, whose number is in bits 2:0 */
    uint32_t msix_entries;
    uint8_t msi;
    uint8_t msix;
    uint8_t express;
    uint8_t features; /* Advanced Features: a function-level reset for conventional PCI */
    uint8_t reset;    /* enum pci_reset */
    bool port;        /* a root port, or a downstream port of a switch */
    bool validates;   /* it passes on only what is signed with an id of a bus below (arch/x86_64/pci_acs.h) */
};

extern struct pci_facts pci_facts[PCI_FUNCTIONS_MAX];

/* Read them all, after pci_silence(). */
void pci_function_init(void);

/* As in pci_config.h. */
uint32_t pci_function_read(uint32_t index, uint32_t offset);
void pci_function_write(uint32_t index, uint32_t offset, uint32_t bytes, uint32_t value);

/* Set the bits `mask` (enum pci_command) of the Command register to `value`. */
void pci_function_command(uint32_t index, uint32_t mask, uint32_t value);

/* A range of physical addresses; bytes 0: none. */
struct pci_bar {
    uint64_t address;
    uint64_t bytes;
};
/* Memory BAR `bar` (below PCI_BARS), as at boot; of a bridge's, or of a chipset function's, the first page. */
struct pci_bar pci_function_bar(uint32_t index, uint32_t bar);
/* Its MSI-X table, whole within a BAR. */
struct pci_bar pci_function_msix(uint32_t index);

/* Does it answer? */
bool pci_function_answers(uint32_t index);

/* Start its function-level reset, which it has; wait 100 ms before it is touched again. */
void pci_function_reset(uint32_t index);
/* The reset line of the bus below this bridge: 1 ms on at least, then 1 s until what is below may be touched. */
void pci_function_reset_below(uint32_t index, bool on);
/* After a reset: base addresses as at boot, no decoding, no bus mastering, no interrupts, snooped requests only. */
void pci_function_restore(uint32_t index);

#endif
