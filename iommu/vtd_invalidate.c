/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/vtd_invalidate.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/tsc.h"
#include "iommu/vtd_entry.h"
#include "iommu/vtd_reg.h"

#define KHZ_TO_SECOND  1000u
#define UPPER_DWORD    4u
#define CCMD_BUSY      0x80000000u /* ICC, in the upper dword */
#define IOTLB_BUSY     0x80000000u /* IVT, likewise */
#define STATUS_WAITING 1u
#define STATUS_DONE    2u
#define QUEUE_ERRORS   (VTD_FSTS_IQE | VTD_FSTS_ICE | VTD_FSTS_ITE)

/* The queue of each unit, and where its wait descriptors write.  Units read both through the caches. */
static struct vtd_page vtd_queues[VTD_UNITS_MAX];
static uint32_t vtd_tails[VTD_UNITS_MAX];
static volatile uint32_t vtd_statuses[VTD_UNITS_MAX];

uint64_t vtd_invalidate_registers(const struct vtd_unit *unit)
{
    return (unit->extended_capability >> VTD_ECAP_IRO_SHIFT & VTD_ECAP_IRO_MASK) * VTD_REGISTER_UNIT;
}

void vtd_invalidate_start(uint32_t unit)
{
    struct vtd_unit *of = &vtd_units[unit];

    if (!of->queued) {
        return;
    }
    if ((mmio_read32(of->registers, VTD_GSTS_REG) & VTD_GLOBAL_QIE) != 0) {
        /* The firmware's last descriptors are done when head and tail meet. */
        vtd_wait(of, VTD_IQH_REG, UINT32_MAX, mmio_read32(of->registers, VTD_IQT_REG));
        vtd_command_clear(of, VTD_GLOBAL_QIE);
    }
    mmio_write32(of->registers, VTD_FSTS_REG, QUEUE_ERRORS);
    mmio_write64(of->registers, VTD_IQT_REG, 0);
    mmio_write64(of->registers, VTD_IQA_REG, paging_physical_of_image(&vtd_queues[unit]));
    vtd_tails[unit] = 0;
    vtd_command_set(of, VTD_GLOBAL_QIE);
}

static void submit(uint32_t unit, uint64_t low, uint64_t high)
{
    vtd_queues[unit].entry[vtd_tails[unit]].low = low;
    vtd_queues[unit].entry[vtd_tails[unit]].high = high;
    vtd_tails[unit] = (vtd_tails[unit] + 1u) % VTD_ENTRIES;
}

/* Hand what was submitted to the unit, and wait for it. */
static void finish(uint32_t unit)
{
    const struct vtd_unit *of = &vtd_units[unit];
    const uint64_t start = tsc_read();

    vtd_statuses[unit] = STATUS_WAITING;
    submit(unit, VTD_INVALIDATE_WAIT + VTD_WAIT_STATUS_WRITE + STATUS_DONE * VTD_WAIT_STATUS,
           paging_physical_of_image((const void *)&vtd_statuses[unit]));
    insn_mfence();
    mmio_write64(of->registers, VTD_IQT_REG, (uint64_t)vtd_tails[unit] * sizeof(struct vtd_entry));
    while (vtd_statuses[unit] != STATUS_DONE) {
        if (tsc_read() - start > tsc_khz() * KHZ_TO_SECOND) {
            panic(PANIC_VTD, VTD_IQT_REG, mmio_read32(of->registers, VTD_FSTS_REG));
        }
        insn_pause();
    }
}

static uint64_t drain_by_queue(const struct vtd_unit *unit)
{
    return ((unit->capability & VTD_CAP_DWD) != 0 ? VTD_IOTLB_DRAIN_WRITES : 0u) +
           ((unit->capability & VTD_CAP_DRD) != 0 ? VTD_IOTLB_DRAIN_READS : 0u);
}

/* Register by register, for units without a queue. */
static void contexts_by_register(const struct vtd_unit *unit)
{
    mmio_write64(unit->registers, VTD_CCMD_REG, VTD_CCMD_ICC | VTD_CCMD_CIRG_GLOBAL);
    vtd_wait(unit, VTD_CCMD_REG + UPPER_DWORD, CCMD_BUSY, 0);
}

static void iotlb_by_register(const struct vtd_unit *unit, uint64_t what)
{
    const uint32_t at = (uint32_t)vtd_invalidate_registers(unit) + VTD_IOTLB_REG;
    const uint64_t drain = ((unit->capability & VTD_CAP_DWD) != 0 ? VTD_IOTLB_DW : 0) |
                           ((unit->capability & VTD_CAP_DRD) != 0 ? VTD_IOTLB_DR : 0);

    mmio_write64(unit->registers, at, VTD_IOTLB_IVT | what | drain);
    vtd_wait(unit, at + UPPER_DWORD, IOTLB_BUSY, 0);
}

void vtd_invalidate_all(uint32_t unit)
{
    const struct vtd_unit *of = &vtd_units[unit];

    if (!of->queued) {
        contexts_by_register(of);
        iotlb_by_register(of, VTD_IOTLB_IIRG_GLOBAL);
        return;
    }
    submit(unit, VTD_INVALIDATE_CONTEXTS, 0);
    submit(unit, VTD_INVALIDATE_IOTLB + drain_by_queue(of), 0);
    if (of->interrupts) {
        submit(unit, VTD_INVALIDATE_INTERRUPTS, 0);
    }
    finish(unit);
}

void vtd_invalidate_domain(uint32_t unit, uint32_t domain)
{
    const struct vtd_unit *of = &vtd_units[unit];

    if (!of->queued) {
        iotlb_by_register(of, VTD_IOTLB_IIRG_DOMAIN | (uint64_t)domain << VTD_IOTLB_DID_SHIFT);
        return;
    }
    submit(unit, VTD_INVALIDATE_IOTLB_DOMAIN + drain_by_queue(of) + domain * VTD_IOTLB_DOMAIN, 0);
    finish(unit);
}
