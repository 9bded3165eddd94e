/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/pci_function.h"

#include <stddef.h>

enum config_offset {
    CONFIG_ID = 0x00,
    CONFIG_COMMAND = 0x04,
    CONFIG_BAR0 = 0x10,
    CONFIG_CAPABILITIES = 0x34,
    CONFIG_BRIDGE_CONTROL = 0x3e,
};

enum config_bits {
    STATUS_HAS_CAPABILITIES = 1 << 4,
    BRIDGE_CONTROL_RESET = 1 << 6,
    CAPABILITY_FIRST = 0x40,
    CAPABILITY_ALIGNMENT = 0xfc,
    CAPABILITIES_MAX = 48,
    VENDOR_NONE = 0xffff,
    HEADER_ENDPOINT = 0,
};

enum capability_id {
    CAPABILITY_MSI = 0x05,
    CAPABILITY_EXPRESS = 0x10,
    CAPABILITY_MSIX = 0x11,
    CAPABILITY_AF = 0x13
};

enum express_bits {
    EXPRESS_DEVICE_CAPABILITIES = 4,
    EXPRESS_DEVICE_CONTROL = 8,
    EXPRESS_HAS_FLR = 1 << 28,
    EXPRESS_START_FLR = 1 << 15,
    EXPRESS_PHANTOM_FUNCTIONS = 1 << 9,
    EXPRESS_NO_SNOOP = 1 << 11,
};

enum features_bits { FEATURES_CONTROL = 4, FEATURES_HAS_FLR = 1 << 25, FEATURES_START_FLR = 1 };

#define HALF_BITS 16u
#define HALF_MASK 0xffffu
#define BYTE_MASK 0xffu

struct pci_facts pci_facts[PCI_FUNCTIONS_MAX];

static struct pci_place place_of(uint32_t index)
{
    const struct pci_function *function = &pci_machine.functions[index];

    return (struct pci_place){.ecam = NULL,
                              .segment = function->segment,
                              .bus = function->bus,
                              .device = function->device,
                              .function = function->function};
}

uint32_t pci_function_read(uint32_t index, uint32_t offset)
{
    const struct pci_place place = place_of(index);

    return pci_config_read(&place, offset);
}

void pci_function_write(uint32_t index, uint32_t offset, uint32_t bytes, uint32_t value)
{
    const struct pci_place place = place_of(index);

    pci_config_write(&place, offset, bytes, value);
}

static void note_capability(uint32_t index, uint8_t at, uint32_t header)
{
    struct pci_facts *facts = &pci_facts[index];

    switch (header & BYTE_MASK) {
    case CAPABILITY_MSI:
        facts->msi = at;
        break;
    case CAPABILITY_MSIX:
        facts->msix = at;
        break;
    case CAPABILITY_EXPRESS:
        facts->express = at;
        if ((pci_function_read(index, at + EXPRESS_DEVICE_CAPABILITIES) & EXPRESS_HAS_FLR) != 0) {
            facts->reset = PCI_RESET_EXPRESS;
        }
        break;
    case CAPABILITY_AF:
        facts->features = at;
        if ((header & FEATURES_HAS_FLR) != 0 && facts->reset == PCI_RESET_NONE) {
            facts->reset = PCI_RESET_FEATURES;
        }
        break;
    default:
        break;
    }
}

/* The list may be broken or a ring: so many steps, and no further. */
static void note_capabilities(uint32_t index)
{
    uint32_t at = pci_function_read(index, CONFIG_CAPABILITIES) & CAPABILITY_ALIGNMENT;

    if ((pci_function_read(index, CONFIG_COMMAND) >> HALF_BITS & STATUS_HAS_CAPABILITIES) == 0) {
        return;
    }
    for (uint32_t i = 0; i < CAPABILITIES_MAX && at >= CAPABILITY_FIRST; i++) {
        const uint32_t header = pci_function_read(index, at);

        note_capability(index, (uint8_t)at, header);
        at = header >> 8 & CAPABILITY_ALIGNMENT;
    }
}

void pci_function_init(void)
{
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        pci_facts[i] = (struct pci_facts){.msi = 0};
        if (pci_machine.functions[i].segment != 0) {
            continue; /* out of reach after boot */
        }
        note_capabilities(i);
        for (uint32_t b = 0; b < PCI_BARS && pci_machine.functions[i].header_type == HEADER_ENDPOINT; b++) {
            pci_facts[i].bars[b] = pci_function_read(i, CONFIG_BAR0 + b * (uint32_t)sizeof(uint32_t));
        }
    }
}

void pci_function_command(uint32_t index, uint32_t mask, uint32_t value)
{
    const uint32_t command = pci_function_read(index, CONFIG_COMMAND) & HALF_MASK;

    pci_function_write(index, CONFIG_COMMAND, sizeof(uint16_t), (command & ~mask) | (value & mask));
}

bool pci_function_answers(uint32_t index)
{
    return (pci_function_read(index, CONFIG_ID) & HALF_MASK) == pci_machine.functions[index].vendor_id;
}

void pci_function_reset(uint32_t index)
{
    const struct pci_facts *facts = &pci_facts[index];

    if (facts->reset == PCI_RESET_FEATURES) {
        pci_function_write(index, facts->features + FEATURES_CONTROL, sizeof(uint8_t), FEATURES_START_FLR);
    } else if (facts->reset == PCI_RESET_EXPRESS) {
        pci_function_write(index, facts->express + EXPRESS_DEVICE_CONTROL, sizeof(uint16_t),
                           (pci_function_read(index, facts->express + EXPRESS_DEVICE_CONTROL) & HALF_MASK) |
                               EXPRESS_START_FLR);
    }
}

void pci_function_reset_below(uint32_t index, bool on)
{
    const uint32_t dword = pci_function_read(index, CONFIG_BRIDGE_CONTROL / 4 * 4);
    const uint32_t control = dword >> HALF_BITS & ~(uint32_t)BRIDGE_CONTROL_RESET;

    pci_function_write(index, CONFIG_BRIDGE_CONTROL, sizeof(uint16_t),
                       control | (on ? BRIDGE_CONTROL_RESET : 0u));
}

void pci_function_restore(uint32_t index)
{
    const struct pci_facts *facts = &pci_facts[index];

    pci_function_write(index, CONFIG_COMMAND, sizeof(uint16_t), 0);
    for (uint32_t b = 0; b < PCI_BARS; b++) {
        pci_function_write(index, CONFIG_BAR0 + b * (uint32_t)sizeof(uint32_t), sizeof(uint32_t),
                           facts->bars[b]);
    }
    if (facts->express != 0) {
        pci_function_write(index, facts->express + EXPRESS_DEVICE_CONTROL, sizeof(uint16_t),
                           pci_function_read(index, facts->express + EXPRESS_DEVICE_CONTROL) & HALF_MASK &
                               ~(uint32_t)(EXPRESS_NO_SNOOP | EXPRESS_PHANTOM_FUNCTIONS | EXPRESS_START_FLR));
    }
}
