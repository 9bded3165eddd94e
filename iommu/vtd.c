/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/vtd.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/tsc.h"
#include "arch/x86_64/window.h"
#include "ept/table_cache.h"
#include "iommu/vtd_context.h"
#include "iommu/vtd_fault.h"
#include "iommu/vtd_interrupt.h"
#include "iommu/vtd_invalidate.h"
#include "iommu/vtd_reg.h"

#define CACHE_LINE_BYTES 64u
#define KHZ_TO_SECOND    1000u

struct vtd_unit vtd_units[VTD_UNITS_MAX];

void vtd_written(const struct vtd_unit *unit, const void *at, uint64_t bytes)
{
    if (!unit->coherent) {
        for (uint64_t done = 0; done < bytes; done += CACHE_LINE_BYTES) {
            insn_clflush((const uint8_t *)at + done);
        }
    }
    insn_mfence();
    if ((unit->capability & VTD_CAP_RWBF) != 0) {
        mmio_write32(unit->registers, VTD_GCMD_REG,
                     (mmio_read32(unit->registers, VTD_GSTS_REG) & VTD_GLOBAL_STAYS) | VTD_GLOBAL_WBF);
        vtd_wait(unit, VTD_GSTS_REG, VTD_GLOBAL_WBF, 0);
    }
}

void vtd_written_to_all(const void *at, uint64_t bytes)
{
    for (uint32_t i = 0; i < VTD_UNITS_MAX; i++) {
        if (vtd_units[i].driven) {
            vtd_written(&vtd_units[i], at, bytes);
        }
    }
}

void vtd_wait(const struct vtd_unit *unit, uint32_t offset, uint32_t mask, uint32_t value)
{
    const uint64_t start = tsc_read();

    while ((mmio_read32(unit->registers, offset) & mask) != value) {
        if (tsc_read() - start > tsc_khz() * KHZ_TO_SECOND) {
            panic(PANIC_VTD, offset, mmio_read32(unit->registers, offset));
        }
        insn_pause();
    }
}

void vtd_command_set(const struct vtd_unit *unit, uint32_t bit)
{
    mmio_write32(unit->registers, VTD_GCMD_REG,
                 (mmio_read32(unit->registers, VTD_GSTS_REG) & VTD_GLOBAL_STAYS) | bit);
    vtd_wait(unit, VTD_GSTS_REG, bit, bit);
}

void vtd_command_clear(const struct vtd_unit *unit, uint32_t bit)
{
    mmio_write32(unit->registers, VTD_GCMD_REG,
                 mmio_read32(unit->registers, VTD_GSTS_REG) & VTD_GLOBAL_STAYS & ~bit);
    vtd_wait(unit, VTD_GSTS_REG, bit, 0);
}

static bool within_registers(uint64_t offset, uint64_t bytes)
{
    return offset <= VTD_REGISTERS_BYTES && bytes <= VTD_REGISTERS_BYTES - offset;
}

/* Has the unit all that the core needs? */
static bool negotiate(struct vtd_unit *unit)
{
    const uint64_t cap = unit->capability;
    const uint32_t major = mmio_read32(unit->registers, VTD_VER_REG) >> VTD_VER_MAJOR_SHIFT;

    /* Does anything answer? */
    if (major == 0 || major > VTD_VER_MAJOR_MAX || cap == UINT64_MAX) {
        return false;
    }
    /* Has it a domain for each partition? */
    if ((cap & VTD_CAP_ND_MASK) < VTD_CAP_ND_256) {
        return false;
    }
    /* Does it walk tables as the core makes them? */
    if ((cap & (VTD_CAP_SAGAW_48 | VTD_CAP_SAGAW_39)) == 0) {
        return false;
    }
    unit->levels = (cap & VTD_CAP_SAGAW_48) != 0 ? 4 : 3;
    unit->coherent = (unit->extended_capability & VTD_ECAP_C) != 0;
    unit->queued = (unit->extended_capability & VTD_ECAP_QI) != 0;
    unit->interrupts = unit->queued && (unit->extended_capability & VTD_ECAP_IR) != 0;
    unit->extended = (unit->extended_capability & VTD_ECAP_EIM) != 0;
    unit->settles = (cap & (VTD_CAP_CM | VTD_CAP_RWBF)) != 0;
    unit->large = (cap & VTD_CAP_SLLPS_2M) != 0;
    /* Are all registers that the core drives in the page that it maps? */
    return within_registers(vtd_fault_registers(unit), vtd_fault_registers_bytes(unit)) &&
           within_registers(vtd_invalidate_registers(unit), VTD_REGISTER_UNIT);
}

/* All devices blocked on this unit.  What the firmware had on stays on until what replaces it is known to the unit. */
static void drive(struct vtd_unit *unit)
{
    const uint32_t index = (uint32_t)(unit - vtd_units);

    vtd_fault_mask_events(unit);
    vtd_invalidate_start(index);
    vtd_context_start(index);
    vtd_invalidate_all(index);
    vtd_command_set(unit, VTD_GLOBAL_TE);
    if (unit->interrupts) {
        vtd_interrupt_start(index);
    }
    /* Translation is on: memory that the firmware had protected from devices needs that no more. */
    if ((unit->capability & (VTD_CAP_PLMR | VTD_CAP_PHMR)) != 0) {
        mmio_write32(unit->registers, VTD_PMEN_REG,
                     mmio_read32(unit->registers, VTD_PMEN_REG) & ~VTD_PMEN_EPM);
        vtd_wait(unit, VTD_PMEN_REG, VTD_PMEN_PRS, 0);
    }
    vtd_fault_clear(index);
}

static bool is_mapped_before(const struct dmar *dmar, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (dmar->units[i].registers == dmar->units[index].registers) {
            return true;
        }
    }
    return false;
}

struct vtd_found vtd_start(const struct dmar *dmar)
{
    struct vtd_found found = {0};

    for (uint32_t i = 0; i < dmar->unit_count; i++) {
        struct vtd_unit *unit = &vtd_units[i];

        if (is_mapped_before(dmar, i)) {
            continue;
        }
        unit->registers = paging_map_device(dmar->units[i].registers, VTD_REGISTERS_BYTES);
        unit->capability = mmio_read64(unit->registers, VTD_CAP_REG);
        unit->extended_capability = mmio_read64(unit->registers, VTD_ECAP_REG);
        unit->driven = negotiate(unit);
        if (!unit->driven) {
            found.not_driven++;
            continue;
        }
        found.taken_over += (mmio_read32(unit->registers, VTD_GSTS_REG) & VTD_GLOBAL_TE) != 0;
        if (!unit->coherent) {
            table_cache_bypass();
        }
        window_write_back();
        drive(unit);
        found.driven++;
        found.without_large += unit->large ? 0 : 1;
        found.without_interrupts += unit->interrupts ? 0 : 1;
    }
    return found;
}
