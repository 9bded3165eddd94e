/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/vtd_fault.h"

#include "arch/x86_64/mmio.h"
#include "iommu/vtd_reg.h"

uint32_t vtd_fault_records(const struct vtd_unit *unit)
{
    return (uint32_t)(unit->capability >> VTD_CAP_NFR_SHIFT & VTD_CAP_NFR_MASK) + 1u;
}

uint64_t vtd_fault_registers(const struct vtd_unit *unit)
{
    return (unit->capability >> VTD_CAP_FRO_SHIFT & VTD_CAP_FRO_MASK) * VTD_REGISTER_UNIT;
}

uint64_t vtd_fault_registers_bytes(const struct vtd_unit *unit)
{
    return (uint64_t)vtd_fault_records(unit) * VTD_FAULT_RECORD_BYTES;
}

void vtd_fault_mask_events(const struct vtd_unit *unit)
{
    mmio_write32(unit->registers, VTD_FECTL_REG, VTD_FECTL_IM);
}

/* Take record `at` (an offset of registers) if it is one. */
static bool take_record(void *registers, uint64_t at, struct vtd_fault *fault)
{
    const uint64_t high = mmio_read64(registers, at + VTD_FAULT_RECORD_HIGH);

    if ((high & VTD_FRCD_F) == 0) {
        return false;
    }
    fault->source = (uint16_t)(high & VTD_FRCD_SID_MASK);
    fault->reason = (uint8_t)(high >> VTD_FRCD_FR_SHIFT & VTD_FRCD_FR_MASK);
    fault->read = (high & VTD_FRCD_T) != 0;
    fault->address = mmio_read64(registers, at);
    mmio_write32(registers, at + VTD_FAULT_RECORD_HIGHER, VTD_FRCD_F_IN_HIGHER);
    return true;
}

bool vtd_fault_next(uint32_t unit, struct vtd_fault *fault)
{
    struct vtd_unit *of = &vtd_units[unit];

    for (uint32_t i = 0; i < vtd_fault_records(of); i++) {
        if (take_record(of->registers, vtd_fault_registers(of) + i * VTD_FAULT_RECORD_BYTES, fault)) {
            of->faults += of->faults < UINT32_MAX ? 1 : 0;
            return true;
        }
    }
    /* All records are free: new ones are kept again. */
    mmio_write32(of->registers, VTD_FSTS_REG, VTD_FSTS_PFO);
    return false;
}

uint32_t vtd_fault_poll(void)
{
    struct vtd_fault fault;
    uint32_t taken = 0;

    for (uint32_t unit = 0; unit < VTD_UNITS_MAX; unit++) {
        if (!vtd_units[unit].driven) {
            continue;
        }
        for (uint32_t i = 0; i < vtd_fault_records(&vtd_units[unit]) && vtd_fault_next(unit, &fault); i++) {
            taken++;
        }
    }
    return taken;
}

void vtd_fault_clear(uint32_t unit)
{
    struct vtd_fault fault;

    for (uint32_t i = 0; i < vtd_fault_records(&vtd_units[unit]) && vtd_fault_next(unit, &fault); i++) {
    }
    mmio_write32(vtd_units[unit].registers, VTD_FSTS_REG, VTD_FSTS_PFO);
    vtd_units[unit].faults = 0;
}
