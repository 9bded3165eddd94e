/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/pci_function.h"

enum {
    BITS_PER_BYTE = 8,
    BAR_BYTES = 4,
    CAPABILITY_NEXT = 1,
    CAPABILITY_ALIGN = 4,
};

static void put(uint8_t *bytes, unsigned offset, unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < size; i++) {
        bytes[offset + i] = (uint8_t)(value >> (i * BITS_PER_BYTE));
    }
}

static uint32_t get(const uint8_t *bytes, unsigned offset, unsigned size)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value |= (uint32_t)bytes[offset + i] << (i * BITS_PER_BYTE);
    }
    return value;
}

static bool is_register(unsigned offset, unsigned size)
{
    return (size == 1 || size == 2 || size == 4) && offset % size == 0 && offset < PCI_CONFIG_BYTES;
}

void pci_function_init(struct pci_function *function, const struct pci_identity *identity)
{
    __builtin_memset(function, 0, sizeof(*function));
    function->free = PCI_HEADER_END;
    put(function->bytes, PCI_VENDOR_ID, 2, identity->vendor);
    put(function->bytes, PCI_DEVICE_ID, 2, identity->device);
    put(function->bytes, PCI_REVISION_ID, 1, identity->revision);
    put(function->bytes, PCI_CLASS_PROGRAM, 1, identity->program);
    put(function->bytes, PCI_CLASS_SUB, 2, identity->class_code);
    put(function->bytes, PCI_SUBSYSTEM_VENDOR_ID, 2, identity->subsystem_vendor);
    put(function->bytes, PCI_SUBSYSTEM_ID, 2, identity->subsystem);
    pci_function_allow_write(function, PCI_COMMAND, 2,
                             PCI_COMMAND_MEMORY | PCI_COMMAND_BUS_MASTER | PCI_COMMAND_INTX_DISABLE);
    pci_function_allow_write(function, PCI_CACHE_LINE_SIZE, 1, UINT8_MAX);
    pci_function_allow_write(function, PCI_INTERRUPT_LINE, 1, UINT8_MAX);
}

void pci_function_add_bar(struct pci_function *function, unsigned bar, uint32_t address, uint32_t bytes)
{
    function->bar_bytes[bar] = bytes;
    put(function->bytes, PCI_BAR0 + bar * BAR_BYTES, BAR_BYTES, address);
    pci_function_allow_write(function, PCI_BAR0 + bar * BAR_BYTES, BAR_BYTES, ~(bytes - 1));
}

uint8_t pci_function_add_capability(struct pci_function *function, const uint8_t *body, uint8_t bytes)
{
    uint8_t at = function->free;
    unsigned link =
        function->last_capability ? function->last_capability + CAPABILITY_NEXT : PCI_CAPABILITIES;

    for (unsigned i = 0; i < bytes; i++) {
        function->bytes[at + i] = body[i];
    }
    function->bytes[at + CAPABILITY_NEXT] = 0;
    function->bytes[link] = at;
    function->bytes[PCI_STATUS] |= PCI_STATUS_CAPABILITIES;
    function->last_capability = at;
    function->free = (uint8_t)(at + (bytes + CAPABILITY_ALIGN - 1) / CAPABILITY_ALIGN * CAPABILITY_ALIGN);
    return at;
}

void pci_function_allow_write(struct pci_function *function, unsigned offset, unsigned size, uint32_t mask)
{
    put(function->writable, offset, size, mask);
}

void pci_function_set_error(struct pci_function *function, enum pci_status error)
{
    put(function->bytes, PCI_STATUS, 2, get(function->bytes, PCI_STATUS, 2) | (uint32_t)error);
}

/* The bits of the register that a one clears. */
static uint32_t error_bits(unsigned offset, unsigned size)
{
    const bool has_errors = offset <= PCI_STATUS + 1 && offset + size > PCI_STATUS + 1;

    return has_errors
               ? (uint32_t)PCI_STATUS_ERRORS >> BITS_PER_BYTE << (PCI_STATUS + 1 - offset) * BITS_PER_BYTE
               : 0;
}

uint32_t pci_function_read(const struct pci_function *function, unsigned offset, unsigned size)
{
    if (!is_register(offset, size)) {
        return (uint32_t)PCI_NO_ANSWER;
    }
    return get(function->bytes, offset, size);
}

void pci_function_write(struct pci_function *function, unsigned offset, unsigned size, uint32_t value)
{
    if (!is_register(offset, size)) {
        return;
    }
    uint32_t mask = get(function->writable, offset, size);
    uint32_t old = get(function->bytes, offset, size);
    put(function->bytes, offset, size, (old & ~mask & ~(value & error_bits(offset, size))) | (value & mask));
}

bool pci_function_decode(const struct pci_function *function, uint64_t gpa, unsigned size, unsigned *bar,
                         uint32_t *offset)
{
    if (!(get(function->bytes, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY)) {
        return false;
    }
    for (unsigned i = 0; i < PCI_BARS; i++) {
        /* Wraps around to far beyond the BAR where the access starts before it. */
        uint64_t at = gpa - get(function->bytes, PCI_BAR0 + i * BAR_BYTES, BAR_BYTES);
        uint64_t bytes = function->bar_bytes[i];
        /* Does the access start and end in the BAR? */
        if (at < bytes && size <= bytes - at) {
            *bar = i;
            *offset = (uint32_t)at;
            return true;
        }
    }
    return false;
}

bool pci_function_is_bus_master(const struct pci_function *function)
{
    return (get(function->bytes, PCI_COMMAND, 2) & PCI_COMMAND_BUS_MASTER) != 0;
}
