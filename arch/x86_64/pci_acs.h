/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_PCI_ACS_H
#define ARCH_X86_64_PCI_ACS_H

#include <stdint.h>

/*
 * Access control of PCI Express ports: a port that validates sources passes nothing on from below that is signed with
 * an id of another bus, so no device can sign with a function's of another group.
 * Source: PCI Express Base Specification, "Access Control Services (ACS) Extended Capability".
 */

/* At boot, after pci_function_init(): turns on all access control that the ports of segment group 0 on buses `first_bus` to
 * `last_bus` have, whose configuration space begins at physical `ecam` (bus 0).  pci_facts[].validates says which do. */
void pci_acs_start(uint64_t ecam, uint8_t first_bus, uint8_t last_bus);

#endif
