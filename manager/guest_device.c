/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/guest_device.h"

#include "lib/addr.h"
#include "lib/memory.h"
#include "manager/interrupt.h"
#include "manager/paging.h"
#include "manager/physical.h"
#include "manager/print.h"
#include "manager/words.h"

/* PCI Local Bus Specification 3.0, "Capabilities List", "MSI-X Capability and Table Structures". */
enum {
    CAPABILITY_MSIX = 0x11,
    CAPABILITY_NEXT_SHIFT = 8,
    CAPABILITY_ALIGN = 4,
    CAPABILITIES_MAX = 48, /* as many as there is room for: the list may be a circle */
    MSIX_CONTROL_SHIFT = 16,
    MSIX_CONTROL_SIZE = 0x7ff,
    BYTE_MASK = 0xff,
    GROUP_SHIFT = 32, /* abi/hypercall.h, INFO_PCI_FUNCTION */
    BARS_NAMED = 8,   /* of a function: abi/hypercall.h, INFO_DEVICE_ADDRESS */
};

static uint64_t read_config(uint32_t name, uint32_t offset, uint32_t bytes)
{
    return hypercall(HYPERCALL_PCI_CONFIG, name, offset, bytes, 0, 0).value;
}

uint32_t guest_device_list(uint32_t *names, uint32_t limit)
{
    const uint64_t there = hypercall_info(INFO_PCI_FUNCTIONS);
    uint32_t count = 0;

    while (count < there && count < limit) {
        names[count] = (uint32_t)hypercall_info_of(INFO_PCI_FUNCTION, count);
        count++;
    }
    return count;
}

uint32_t guest_device_group(uint32_t name)
{
    const uint64_t there = hypercall_info(INFO_PCI_FUNCTIONS);

    for (uint64_t i = 0; i < there; i++) {
        const uint64_t function = hypercall_info_of(INFO_PCI_FUNCTION, i);
        if ((uint32_t)function == name) {
            return (uint32_t)(function >> GROUP_SHIFT);
        }
    }
    return name;
}

static bool refuse(const struct guest *guest, const struct config_device *device, const char *reason)
{
    print("bulkhead-manager: guest %t cannot have device %t: %s\n", guest->voice.name,
          guest->voice.name_length, device->text.at, device->text.length, reason);
    return false;
}

static const char *reason_of(uint64_t status)
{
    switch (status) {
    case STATUS_AT((uint64_t)STATUS_DENIED, (uint64_t)OPERAND_RSI):
        return "no VT-d unit confines it, or its kind, its firmware or what it is connected to forbid it";
    case STATUS_AT((uint64_t)STATUS_BAD_STATE, (uint64_t)OPERAND_RSI):
        return "it, or a function that goes with it, is somebody else's";
    default:
        return words_of_status(status);
    }
}

enum guest_device_answer guest_device_take(struct guest *guest)
{
    while (guest->devices_had < guest->config->device_count) {
        const struct config_device *device = &guest->config->devices[guest->devices_had];
        const uint64_t status =
            hypercall(HYPERCALL_DEVICE_ASSIGN, guest->partition, device->name, 0, 0, 0).status;

        if (status == STATUS_RETRY) {
            return GUEST_DEVICE_WAIT;
        }
        if (status != STATUS_OK) {
            refuse(guest, device, reason_of(status));
            return GUEST_DEVICE_REFUSED;
        }
        guest->devices_had++;
    }
    return GUEST_DEVICE_HAD;
}

static struct pci_identity identity_of(uint32_t name)
{
    return (struct pci_identity){
        .vendor = (uint16_t)read_config(name, PCI_VENDOR_ID, sizeof(uint16_t)),
        .device = (uint16_t)read_config(name, PCI_DEVICE_ID, sizeof(uint16_t)),
        .subsystem_vendor = (uint16_t)read_config(name, PCI_SUBSYSTEM_VENDOR_ID, sizeof(uint16_t)),
        .subsystem = (uint16_t)read_config(name, PCI_SUBSYSTEM_ID, sizeof(uint16_t)),
        .class_code = (uint16_t)read_config(name, PCI_CLASS_SUB, sizeof(uint16_t)),
        .revision = (uint8_t)read_config(name, PCI_REVISION_ID, 1),
        .program = (uint8_t)read_config(name, PCI_CLASS_PROGRAM, 1),
    };
}

/* A guest is shown whole pages, a power of two of them; what the BAR has not is not mapped. */
static struct assigned_bar bar_of(uint32_t name, uint32_t bar)
{
    const uint64_t index = (uint64_t)name * BARS_NAMED + bar;
    const uint64_t address = hypercall_info_of(INFO_DEVICE_ADDRESS, index);
    const uint64_t pages = hypercall_info_of(INFO_DEVICE_PAGES, index);
    uint64_t bytes = FRAME_SIZE;

    if (address % FRAME_SIZE != 0 || address == 0 || pages == 0) {
        return (struct assigned_bar){0, 0};
    }
    while (bytes < pages * FRAME_SIZE) {
        bytes *= 2;
    }
    return (struct assigned_bar){(uintptr_t)physical_at(address), (uint32_t)bytes};
}

static uint32_t msix_entries(uint32_t name)
{
    uint32_t at = (uint32_t)read_config(name, PCI_CAPABILITIES, 1) / CAPABILITY_ALIGN * CAPABILITY_ALIGN;

    for (uint32_t i = 0; i < CAPABILITIES_MAX && at >= PCI_HEADER_END; i++) {
        const uint32_t word = (uint32_t)read_config(name, at, sizeof(uint32_t));
        if ((word & BYTE_MASK) == CAPABILITY_MSIX) {
            return (word >> MSIX_CONTROL_SHIFT & MSIX_CONTROL_SIZE) + 1;
        }
        at = (word >> CAPABILITY_NEXT_SHIFT & BYTE_MASK) / CAPABILITY_ALIGN * CAPABILITY_ALIGN;
    }
    return 0;
}

/* Its interrupts come to CPU 0 from now on, but for those that the guest is not shown. */
static bool take_interrupts(struct guest *guest, const struct config_device *device, uint32_t index,
                            const struct assigned_config *config)
{
    for (uint32_t number = 0; number < assigned_interrupts(config); number++) {
        const uint32_t vector = interrupt_take(guest, index, number);
        if (vector == 0) {
            return refuse(guest, device, "the manager has no more vectors for interrupts of devices");
        }
        const uint64_t status = hypercall(HYPERCALL_IRQ_MAP, device->name, number, vector, 0, 0).status;
        if (status != STATUS_OK) {
            return refuse(guest, device, words_of_status(status));
        }
    }
    return true;
}

static bool describe(struct guest *guest, uint32_t index, struct assigned_config *config)
{
    const struct config_device *device = &guest->config->devices[index];
    const char *reason;

    *config = (struct assigned_config){.name = device->name,
                                       .identity = identity_of(device->name),
                                       .interrupts = msix_entries(device->name)};
    for (uint32_t bar = 0; bar < PCI_BARS; bar++) {
        config->bars[bar] = bar_of(device->name, bar);
        if (config->bars[bar].bytes != 0 && !paging_map(guest->memory, config->bars[bar].address)) {
            return refuse(guest, device, "there is too little memory for the manager's page tables");
        }
    }
    reason = assigned_refusal(config, PCI_HOST_SLICE_BYTES);
    return reason == NULL ? take_interrupts(guest, device, index, config) : refuse(guest, device, reason);
}

bool guest_device_describe(struct guest *guest, struct device_config *devices)
{
    _Static_assert(CONFIG_DEVICES_MAX <= DEVICE_ASSIGNED_MAX, "there is room for those of a configuration");

    for (uint32_t i = 0; i < guest->devices_had; i++) {
        if (!describe(guest, i, &devices->assigned[i])) {
            return false;
        }
        devices->assigned_count = i + 1;
    }
    return true;
}
