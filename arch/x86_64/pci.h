/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_PCI_H
#define ARCH_X86_64_PCI_H

#include <stdint.h>

#include "arch/x86_64/pci_config.h"

/*
 * The PCI functions of the machine.  Every bus of a segment group is looked at, whether or not a bridge
 * admits to leading there: what bridges say is not trusted.  What lies behind a bridge and answers nowhere
 * (functions beyond ARI's first eight, virtual functions) is held by the bridge's own bus master bit.
 * Source: PCI Local Bus Specification 3.0, "Configuration Space Organization".
 */
#define PCI_FUNCTIONS_MAX 256u

/* One function as it was found at boot. */
struct pci_function {
    uint16_t segment;
    uint8_t bus;
    uint8_t device;
    uint8_t function;
    uint8_t header_type; /* bits 6:0: 0 an endpoint, 1 a bridge */
    uint16_t vendor_id;
    uint16_t device_id;
    uint8_t secondary_bus; /* of a bridge: the bus below it, and the last one; else 0 */
    uint8_t subordinate_bus;
    uint32_t class_revision; /* class, subclass, interface, revision: the dword at offset 8 */
};

struct pci_machine {
    uint32_t silenced; /* functions whose bus mastering was turned off, recorded or not */
    uint32_t stuck;    /* of these: the bit stays 1 (hardwired, as in host and ISA bridges) */
    uint32_t count;    /* functions recorded; the others can never be assigned */
    struct pci_function functions[PCI_FUNCTIONS_MAX];
};

extern struct pci_machine pci_machine;

/*
 * Turn bus mastering off for every function, bridges too, on buses `first_bus` to `last_bus` (inclusive) of
 * segment group `segment`, and record the functions in pci_machine.  `ecam` is the physical address of bus
 * 0's configuration space; segment group 0 is reached by ports and `ecam` is not used.  Writes no
 * register but Command.
 */
void pci_silence(uint16_t segment, uint64_t ecam, uint8_t first_bus, uint8_t last_bus);

#endif
