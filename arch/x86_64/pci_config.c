/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/pci_config.h"

#include <stddef.h>

#include "arch/x86_64/insn.h"
#include "arch/x86_64/mmio.h"
#include "arch/x86_64/port.h"

enum config_address {
    CONFIG_FUNCTION_SHIFT = 8,
    CONFIG_DEVICE_SHIFT = 11,
    CONFIG_BUS_SHIFT = 16,
    CONFIG_REGISTER_MASK = 0xfc,
};
#define CONFIG_ENABLE 0x80000000u

enum ecam_address { ECAM_FUNCTION_SHIFT = 12, ECAM_DEVICE_SHIFT = 15 };

static void select_register(const struct pci_place *place, uint32_t offset)
{
    insn_outl(PORT_PCI_CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)place->bus << CONFIG_BUS_SHIFT |
                                           (uint32_t)place->device << CONFIG_DEVICE_SHIFT |
                                           (uint32_t)place->function << CONFIG_FUNCTION_SHIFT |
                                           (offset & CONFIG_REGISTER_MASK));
}

static uint64_t ecam_offset(const struct pci_place *place, uint32_t offset)
{
    return (uint64_t)place->device << ECAM_DEVICE_SHIFT | (uint64_t)place->function << ECAM_FUNCTION_SHIFT |
           offset;
}

uint32_t pci_config_read(const struct pci_place *place, uint32_t offset)
{
    if (place->ecam != NULL) {
        return mmio_read32(place->ecam, ecam_offset(place, offset));
    }
    select_register(place, offset);
    return insn_inl(PORT_PCI_CONFIG_DATA);
}

static void write_ecam(const struct pci_place *place, uint32_t offset, uint32_t bytes, uint32_t value)
{
    if (bytes == 1) {
        mmio_write8(place->ecam, ecam_offset(place, offset), (uint8_t)value);
    } else if (bytes == 2) {
        mmio_write16(place->ecam, ecam_offset(place, offset), (uint16_t)value);
    } else {
        mmio_write32(place->ecam, ecam_offset(place, offset), value);
    }
}

void pci_config_write(const struct pci_place *place, uint32_t offset, uint32_t bytes, uint32_t value)
{
    const uint16_t port = (uint16_t)(PORT_PCI_CONFIG_DATA + offset % 4);

    if (place->ecam != NULL) {
        write_ecam(place, offset, bytes, value);
        return;
    }
    select_register(place, offset);
    if (bytes == 1) {
        insn_outb(port, (uint8_t)value);
    } else if (bytes == 2) {
        insn_outw(port, (uint16_t)value);
    } else {
        insn_outl(port, value);
    }
}
