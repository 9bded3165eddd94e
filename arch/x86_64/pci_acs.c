/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/pci_acs.h"

#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/pci_function.h"

enum acs {
    EXTENDED_FIRST = 0x100,
    EXTENDED_BYTES = 0x1000,
    EXTENDED_ID_MASK = 0xffff,
    EXTENDED_NEXT_SHIFT = 20,
    EXTENDED_NEXT_ALIGNMENT = 0xffc,
    EXTENDED_MAX = 960, /* capabilities that fit */
    ACS_ID = 0x0d,
    ACS_CAPABILITY = 4, /* the control register in its upper half */
    ACS_CONTROL = 6,
    ACS_SOURCE_VALIDATION = 1 << 0,
    ACS_ALL = 0x1d, /* source validation, request and completion redirect, upstream forwarding */
};
#define HALF_BITS   16u
#define BUS_BYTES   0x100000u
#define PLACE_BYTES 0x1000u

/* The offset of the capability in extended configuration space, or 0. */
static uint32_t find(const void *space)
{
    uint32_t at = EXTENDED_FIRST;

    for (uint32_t i = 0; i < EXTENDED_MAX && at >= EXTENDED_FIRST; i++) {
        const uint32_t header = mmio_read32(space, at);

        if (header == 0 || header == UINT32_MAX) {
            return 0;
        }
        if ((header & EXTENDED_ID_MASK) == ACS_ID) {
            return at;
        }
        at = header >> EXTENDED_NEXT_SHIFT & EXTENDED_NEXT_ALIGNMENT;
    }
    return 0;
}

static bool turn_on(void *space)
{
    const uint32_t at = find(space);

    if (at == 0) {
        return false;
    }
    mmio_write16(space, at + ACS_CONTROL, (uint16_t)(mmio_read32(space, at + ACS_CAPABILITY) & ACS_ALL));
    return (mmio_read32(space, at + ACS_CAPABILITY) >> HALF_BITS & ACS_SOURCE_VALIDATION) != 0;
}

void pci_acs_start(uint64_t ecam, uint8_t first_bus, uint8_t last_bus)
{
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        const struct pci_function *function = &pci_machine.functions[i];

        if (!pci_facts[i].port || function->bus < first_bus || function->bus > last_bus) {
            continue;
        }
        const uint64_t place =
            function->bus * (uint64_t)BUS_BYTES +
            (function->device * PCI_FUNCTIONS + function->function) * (uint64_t)PLACE_BYTES;
        void *space = paging_map_device(ecam + place, EXTENDED_BYTES);
        pci_facts[i].validates = turn_on(space);
        paging_unmap_device(space);
    }
}
