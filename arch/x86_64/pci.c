/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/pci.h"

#include <stdbool.h>
#include <stddef.h>

#include "arch/x86_64/paging.h"

/* Offsets of dwords in the configuration header. */
enum pci_register {
    PCI_ID = 0x00,
    PCI_COMMAND = 0x04,
    PCI_CLASS_REVISION = 0x08,
    PCI_HEADER_TYPE = 0x0c, /* in bits 23:16 */
    PCI_BUSES_BELOW = 0x18, /* of a bridge: secondary bus in bits 15:8, subordinate in 23:16 */
};

enum pci_bits {
    PCI_COMMAND_BUS_MASTER = 1 << 2,
    PCI_COMMAND_MASK = 0xffff,
    PCI_VENDOR_NONE = 0xffff,
    PCI_HEADER_LAYOUT_MASK = 0x7f,
    PCI_HEADER_LAYOUT_BRIDGE = 1,
    PCI_HEADER_MULTIFUNCTION = 0x80,
};

struct pci_machine pci_machine;

static bool is_there(const struct pci_place *place)
{
    const uint16_t vendor = (uint16_t)pci_config_read(place, PCI_ID);

    return vendor != PCI_VENDOR_NONE && vendor != 0;
}

static uint8_t header_type(const struct pci_place *place)
{
    return (uint8_t)(pci_config_read(place, PCI_HEADER_TYPE) >> 16);
}

static void record(const struct pci_place *place)
{
    const uint32_t id = pci_config_read(place, PCI_ID);
    const uint8_t layout = header_type(place) & PCI_HEADER_LAYOUT_MASK;
    const uint32_t below = layout == PCI_HEADER_LAYOUT_BRIDGE ? pci_config_read(place, PCI_BUSES_BELOW) : 0;

    if (pci_machine.count == PCI_FUNCTIONS_MAX) {
        return;
    }
    pci_machine.functions[pci_machine.count] = (struct pci_function){
        .segment = place->segment,
        .bus = place->bus,
        .device = place->device,
        .function = place->function,
        .header_type = layout,
        .vendor_id = (uint16_t)id,
        .device_id = (uint16_t)(id >> 16),
        .secondary_bus = (uint8_t)(below >> 8),
        .subordinate_bus = (uint8_t)(below >> 16),
        .class_revision = pci_config_read(place, PCI_CLASS_REVISION),
    };
    pci_machine.count++;
}

static void silence_function(const struct pci_place *place)
{
    const uint32_t command = pci_config_read(place, PCI_COMMAND) & PCI_COMMAND_MASK;

    if ((command & PCI_COMMAND_BUS_MASTER) != 0) {
        pci_config_write(place, PCI_COMMAND, sizeof(uint16_t), command & ~(uint32_t)PCI_COMMAND_BUS_MASTER);
    }
    pci_machine.silenced++;
    if ((pci_config_read(place, PCI_COMMAND) & PCI_COMMAND_BUS_MASTER) != 0) {
        pci_machine.stuck++;
    }
}

static void silence_device(struct pci_place place)
{
    /* Functions 1 to 7 may answer as copies of function 0 where the device does not say it has them. */
    const uint8_t functions = (header_type(&place) & PCI_HEADER_MULTIFUNCTION) != 0 ? PCI_FUNCTIONS : 1;

    for (place.function = 0; place.function < functions; place.function++) {
        if (is_there(&place)) {
            record(&place);
            silence_function(&place);
        }
    }
}

static void silence_bus(struct pci_place place)
{
    for (place.device = 0; place.device < PCI_DEVICES; place.device++) {
        place.function = 0;
        if (is_there(&place)) {
            silence_device(place);
        }
    }
}

void pci_silence(uint16_t segment, uint64_t ecam, uint8_t first_bus, uint8_t last_bus)
{
    for (uint32_t bus = first_bus; bus <= last_bus; bus++) {
        struct pci_place place = {.ecam = NULL, .segment = segment, .bus = (uint8_t)bus};

        if (segment == 0) {
            silence_bus(place);
        } else {
            place.ecam = paging_map_device(ecam + (uint64_t)bus * PCI_ECAM_BUS_BYTES, PCI_ECAM_BUS_BYTES);
            silence_bus(place);
            paging_unmap_device(place.ecam);
        }
    }
}
