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
    BRIDGE_BARS = 2,
};

enum capability_id {
    CAPABILITY_MSI = 0x05,
    CAPABILITY_EXPRESS = 0x10,
    CAPABILITY_MSIX = 0x11,
    CAPABILITY_AF = 0x13
};

enum express_bits {
    EXPRESS_TYPE_SHIFT = 20,
    EXPRESS_TYPE_MASK = 15,
    EXPRESS_ROOT_PORT = 4,
    EXPRESS_DOWNSTREAM_PORT = 6,
    EXPRESS_DEVICE_CAPABILITIES = 4,
    EXPRESS_DEVICE_CONTROL = 8,
    EXPRESS_HAS_FLR = 1 << 28,
    EXPRESS_START_FLR = 1 << 15,
    EXPRESS_PHANTOM_FUNCTIONS = 1 << 9,
    EXPRESS_NO_SNOOP = 1 << 11,
};

enum features_bits { FEATURES_CONTROL = 4, FEATURES_HAS_FLR = 1 << 25, FEATURES_START_FLR = 1 };

enum bar_bits { BAR_IO = 1, BAR_TYPE_MASK = 6, BAR_64 = 4, BAR_FLAGS = 15 };
enum { CLASS_SHIFT = 24, CLASS_BRIDGE = 6, MSIX_ENTRY_BYTES = 16, MSIX_SIZE_MASK = 0x7ff, MSIX_BAR_MASK = 7 };
enum { MSIX_TABLE = 4 };
#define PAGE_BYTES 4096u
#define HALF_BITS  16u
#define HALF_MASK  0xffffu
#define BYTE_MASK  0xffu

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
        facts->msix_entries = (header >> HALF_BITS & MSIX_SIZE_MASK) + 1u;
        facts->msix_table = pci_function_read(index, at + MSIX_TABLE);
        break;
    case CAPABILITY_EXPRESS:
        facts->express = at;
        facts->port = (header >> EXPRESS_TYPE_SHIFT & EXPRESS_TYPE_MASK) == EXPRESS_ROOT_PORT ||
                      (header >> EXPRESS_TYPE_SHIFT & EXPRESS_TYPE_MASK) == EXPRESS_DOWNSTREAM_PORT;
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

static uint32_t bar_offset(uint32_t bar)
{
    return CONFIG_BAR0 + bar * (uint32_t)sizeof(uint32_t);
}

/* What stays 0 when all ones are written.  The function decodes nothing meanwhile. */
static uint32_t probe(uint32_t index, uint32_t bar)
{
    uint32_t mask;

    pci_function_write(index, bar_offset(bar), sizeof(uint32_t), UINT32_MAX);
    mask = pci_function_read(index, bar_offset(bar));
    pci_function_write(index, bar_offset(bar), sizeof(uint32_t), pci_facts[index].bars[bar]);
    return mask;
}

static bool is_wide(uint32_t index, uint32_t bar)
{
    return (pci_facts[index].bars[bar] & (BAR_TYPE_MASK | BAR_IO)) == BAR_64 && bar + 1u < PCI_BARS;
}

static void note_sizes(uint32_t index)
{
    const uint32_t command = pci_function_read(index, CONFIG_COMMAND) & HALF_MASK;

    pci_function_write(index, CONFIG_COMMAND, sizeof(uint16_t), 0);
    for (uint32_t b = 0; b < PCI_BARS; b++) {
        const bool wide = is_wide(index, b);
        const uint64_t low = probe(index, b) & ~(uint32_t)BAR_FLAGS;
        const uint64_t high = wide ? probe(index, b + 1u) : UINT32_MAX;

        if ((pci_facts[index].bars[b] & BAR_IO) == 0 && low != 0) {
            pci_facts[index].sizes[b] = ~(high << 32 | low) + 1u;
        }
        b += wide ? 1u : 0u;
    }
    pci_function_write(index, CONFIG_COMMAND, sizeof(uint16_t), command);
}

static void note_bars(uint32_t index)
{
    const uint32_t count =
        pci_machine.functions[index].header_type == HEADER_ENDPOINT ? PCI_BARS : BRIDGE_BARS;

    for (uint32_t b = 0; b < count; b++) {
        pci_facts[index].bars[b] = pci_function_read(index, bar_offset(b));
    }
    /* What the chipset's own functions decode is not to be disturbed. */
    if (count == PCI_BARS && pci_machine.functions[index].class_revision >> CLASS_SHIFT != CLASS_BRIDGE) {
        note_sizes(index);
        return;
    }
    for (uint32_t b = 0; b < count; b++) {
        const uint32_t bar = pci_facts[index].bars[b];

        pci_facts[index].sizes[b] = (bar & BAR_IO) == 0 && (bar & ~(uint32_t)BAR_FLAGS) != 0 ? PAGE_BYTES : 0;
        b += is_wide(index, b) ? 1u : 0u;
    }
}

void pci_function_init(void)
{
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        pci_facts[i] = (struct pci_facts){.msi = 0};
        if (pci_machine.functions[i].segment == 0) { /* others are out of reach after boot */
            note_capabilities(i);
            note_bars(i);
        }
    }
}

struct pci_bar pci_function_bar(uint32_t index, uint32_t bar)
{
    const struct pci_facts *facts = &pci_facts[index];
    uint64_t address = facts->bars[bar] & ~(uint32_t)BAR_FLAGS;

    address |= is_wide(index, bar) ? (uint64_t)facts->bars[bar + 1u] << 32 : 0;
    /* Was it given an address, and is its end one? */
    if (address == 0 || facts->sizes[bar] == 0 || address + facts->sizes[bar] < address) {
        return (struct pci_bar){0, 0};
    }
    return (struct pci_bar){address, facts->sizes[bar]};
}

struct pci_bar pci_function_msix(uint32_t index)
{
    const struct pci_facts *facts = &pci_facts[index];
    const uint64_t offset = facts->msix_table & ~(uint32_t)MSIX_BAR_MASK;
    const uint64_t bytes = (uint64_t)facts->msix_entries * MSIX_ENTRY_BYTES;
    const uint32_t bar = facts->msix_table & MSIX_BAR_MASK;

    if (bytes == 0 || bar >= PCI_BARS || pci_function_bar(index, bar).bytes < offset + bytes) {
        return (struct pci_bar){0, 0};
    }
    return (struct pci_bar){pci_function_bar(index, bar).address + offset, bytes};
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
