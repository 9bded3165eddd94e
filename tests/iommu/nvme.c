/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/iommu/nvme.h"

#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/pci.h"
#include "arch/x86_64/tsc.h"
#include "arch/x86_64/window.h"

enum nvme_register {
    NVME_CC = 0x14,
    NVME_CSTS = 0x1c,
    NVME_AQA = 0x24,
    NVME_ASQ = 0x28,
    NVME_ACQ = 0x30,
    NVME_SQ0_TAIL = 0x1000,
    NVME_CQ0_HEAD = 0x1004,
    NVME_BYTES = 0x2000,
};
enum { CC_ENABLE = 1, CC_ENTRY_SIZES = 0x460000, CSTS_READY = 1, CSTS_FATAL = 2 };
enum { QUEUE = 16, COMMAND_DWORDS = 16, COMPLETION_DWORDS = 4, IDENTIFY = 6, IDENTIFY_CONTROLLER = 1 };
enum { COMMAND_PRP1 = 6, COMMAND_DWORD10 = 10, COMPLETION_STATUS = 3, PHASE = 1 << 16, STATUS_SHIFT = 17 };
enum { CLASS_NVME = 0x010802, CONFIG_COMMAND = 4, CONFIG_BAR0 = 16, COMMAND_ON = 6 };
enum { WAITS = 2000, WAIT_MICROSECONDS = 200 };

static bool wait_ready(const struct nvme *nvme, uint32_t ready)
{
    for (uint32_t i = 0; i < WAITS; i++) {
        const uint32_t status = mmio_read32(nvme->registers, NVME_CSTS);
        if ((status & CSTS_READY) == ready) {
            return true;
        }
        if ((status & CSTS_FATAL) != 0) {
            return false;
        }
        tsc_wait_microseconds(WAIT_MICROSECONDS);
    }
    return false;
}

bool nvme_find(struct nvme *nvme)
{
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        const struct pci_function *f = &pci_machine.functions[i];
        const struct pci_place place = {.bus = f->bus, .device = f->device, .function = f->function};

        if (f->class_revision >> 8 != CLASS_NVME) {
            continue;
        }
        const uint64_t low = pci_config_read(&place, CONFIG_BAR0) & 0xfffffff0u;
        const uint64_t high = pci_config_read(&place, CONFIG_BAR0 + 4);
        nvme->source = (uint16_t)(f->bus << 8 | f->device << 3 | f->function);
        nvme->registers = paging_map_device(high << 32 | low, NVME_BYTES);
        pci_config_write(&place, CONFIG_COMMAND, 2, COMMAND_ON);
        mmio_write32(nvme->registers, NVME_CC, 0);
        return wait_ready(nvme, 0);
    }
    return false;
}

bool nvme_start(struct nvme *nvme, uint64_t commands, uint64_t completions)
{
    window_scrub(nvme->commands);
    window_scrub(nvme->completions);
    nvme->done = 0;
    mmio_write32(nvme->registers, NVME_CC, 0);
    (void)wait_ready(nvme, 0);
    mmio_write32(nvme->registers, NVME_AQA, (QUEUE - 1) << 16 | (QUEUE - 1));
    mmio_write64(nvme->registers, NVME_ASQ, commands);
    mmio_write64(nvme->registers, NVME_ACQ, completions);
    mmio_write32(nvme->registers, NVME_CC, CC_ENTRY_SIZES | CC_ENABLE);
    return wait_ready(nvme, CSTS_READY);
}

static void give_command(struct nvme *nvme, uint64_t to)
{
    volatile uint32_t *command = window_open(nvme->commands);

    command += (uint64_t)nvme->done * COMMAND_DWORDS;
    command[0] = IDENTIFY | nvme->done << 16;
    command[COMMAND_PRP1] = (uint32_t)to;
    command[COMMAND_PRP1 + 1] = (uint32_t)(to >> 32);
    command[COMMAND_DWORD10] = IDENTIFY_CONTROLLER;
    window_close();
    nvme->done++;
    mmio_write32(nvme->registers, NVME_SQ0_TAIL, nvme->done);
}

enum nvme_outcome nvme_identify(struct nvme *nvme, uint64_t to)
{
    const uint64_t at = (uint64_t)nvme->done * COMPLETION_DWORDS + COMPLETION_STATUS;

    give_command(nvme, to);
    for (uint32_t i = 0; i < WAITS && !nvme_is_dead(nvme); i++) {
        const volatile uint32_t *completions = window_open_read(nvme->completions);
        const uint32_t status = completions[at];
        window_close();
        if ((status & PHASE) != 0) {
            mmio_write32(nvme->registers, NVME_CQ0_HEAD, nvme->done);
            return status >> STATUS_SHIFT == 0 ? NVME_GOOD : NVME_ERROR;
        }
        tsc_wait_microseconds(WAIT_MICROSECONDS);
    }
    return NVME_SILENT;
}

bool nvme_is_ready(const struct nvme *nvme)
{
    return (mmio_read32(nvme->registers, NVME_CSTS) & CSTS_READY) != 0;
}

bool nvme_is_dead(const struct nvme *nvme)
{
    return (mmio_read32(nvme->registers, NVME_CSTS) & CSTS_FATAL) != 0;
}
