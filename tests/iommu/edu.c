/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/iommu/edu.h"

#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/pci.h"
#include "arch/x86_64/tsc.h"

enum edu_register {
    EDU_RAISE = 0x60,
    EDU_ACKNOWLEDGE = 0x64,
    EDU_SOURCE = 0x80,
    EDU_DESTINATION = 0x88,
    EDU_COUNT = 0x90,
    EDU_COMMAND = 0x98,
};
enum edu_command { EDU_START = 1, EDU_TO_MEMORY = 2 };
enum { EDU_BUFFER = 0x40000, EDU_BYTES = 0x100000, EDU_VENDOR = 0x1234, EDU_DEVICE = 0x11e8 };
enum { CONFIG_COMMAND = 4, CONFIG_BAR0 = 16, CONFIG_MSI = 0x40, MSI_ADDRESS = 4, MSI_DATA = 12 };
enum { COMMAND_MEMORY = 2, COMMAND_MASTER = 4, MSI_ON = 1, WAITS = 100000 };

static struct pci_place place_of(uint16_t source)
{
    return (struct pci_place){.bus = (uint8_t)(source >> 8),
                              .device = (uint8_t)(source >> 3 & 31),
                              .function = (uint8_t)(source & 7)};
}

bool edu_find(struct edu *edu)
{
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        const struct pci_function *f = &pci_machine.functions[i];
        if (f->vendor_id == EDU_VENDOR && f->device_id == EDU_DEVICE) {
            edu->index = i;
            edu->source = (uint16_t)(f->bus << 8 | f->device << 3 | f->function);
            const struct pci_place place = place_of(edu->source);
            edu->registers = paging_map_device(pci_config_read(&place, CONFIG_BAR0) & 0xfffffff0u, EDU_BYTES);
            edu_master(edu, false);
            return true;
        }
    }
    return false;
}

void edu_master(const struct edu *edu, bool on)
{
    const struct pci_place place = place_of(edu->source);

    pci_config_write(&place, CONFIG_COMMAND, 2, COMMAND_MEMORY | (on ? COMMAND_MASTER : 0));
}

void edu_wait(const struct edu *edu)
{
    for (uint32_t i = 0; i < WAITS; i++) {
        if ((mmio_read32(edu->registers, EDU_COMMAND) & EDU_START) == 0) {
            return;
        }
        tsc_wait_microseconds(100);
    }
    panic(PANIC_INVARIANT, EDU_COMMAND, 0);
}

static void transfer(const struct edu *edu, uint64_t from, uint64_t to, uint32_t bytes, uint32_t command)
{
    mmio_write64(edu->registers, EDU_SOURCE, from);
    mmio_write64(edu->registers, EDU_DESTINATION, to);
    mmio_write64(edu->registers, EDU_COUNT, bytes);
    mmio_write64(edu->registers, EDU_COMMAND, command | EDU_START);
}

void edu_read_memory(const struct edu *edu, uint64_t address, uint32_t bytes)
{
    transfer(edu, address, EDU_BUFFER, bytes, 0);
    edu_wait(edu);
}

void edu_start_write(const struct edu *edu, uint64_t address, uint32_t bytes)
{
    transfer(edu, EDU_BUFFER, address, bytes, EDU_TO_MEMORY);
}

void edu_write_memory(const struct edu *edu, uint64_t address, uint32_t bytes)
{
    edu_start_write(edu, address, bytes);
    edu_wait(edu);
}

void edu_raise(const struct edu *edu)
{
    mmio_write32(edu->registers, EDU_RAISE, 1);
    mmio_write32(edu->registers, EDU_ACKNOWLEDGE, 1);
}

void edu_message(const struct edu *edu, uint32_t address, uint16_t data)
{
    const struct pci_place place = place_of(edu->source);

    pci_config_write(&place, CONFIG_MSI + MSI_ADDRESS, 4, address);
    pci_config_write(&place, CONFIG_MSI + MSI_ADDRESS + 4, 4, 0);
    pci_config_write(&place, CONFIG_MSI + MSI_DATA, 2, data);
    pci_config_write(&place, CONFIG_MSI + 2, 2, MSI_ON);
    edu_raise(edu);
}
