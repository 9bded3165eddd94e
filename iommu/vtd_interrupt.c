/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/vtd_interrupt.h"

#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "iommu/vtd.h"
#include "iommu/vtd_entry.h"
#include "iommu/vtd_invalidate.h"
#include "iommu/vtd_reg.h"

#define TABLE_SIZE 7u   /* 2^(7 + 1) entries */
#define XAPIC_IDS  255u /* 255 is everybody */
#define X2APIC_ALL UINT32_MAX
_Static_assert(VTD_INTERRUPTS_MAX == 1u << (TABLE_SIZE + 1u), "the table is one page");

static struct vtd_page vtd_interrupts[VTD_UNITS_MAX];

void vtd_interrupt_start(uint32_t unit)
{
    const struct vtd_unit *of = &vtd_units[unit];

    vtd_written(of, &vtd_interrupts[unit], sizeof(vtd_interrupts[unit]));
    mmio_write64(of->registers, VTD_IRTA_REG,
                 paging_physical_of_image(&vtd_interrupts[unit]) + TABLE_SIZE +
                     (of->extended ? VTD_IRTA_EIME : 0u));
    vtd_command_set(of, VTD_GLOBAL_SIRTP);
    vtd_invalidate_all(unit);
    vtd_command_clear(of, VTD_GLOBAL_CFI);
    vtd_command_set(of, VTD_GLOBAL_IRE);
}

static bool can_name(const struct vtd_unit *unit, uint32_t apic_id)
{
    return unit->extended ? apic_id != X2APIC_ALL : apic_id < XAPIC_IDS;
}

bool vtd_interrupt_set(uint32_t unit, uint32_t index, uint16_t source, uint32_t apic_id, uint32_t vector)
{
    /* Is there such an entry, and is it free? */
    if (unit >= VTD_UNITS_MAX || !vtd_units[unit].driven || !vtd_units[unit].interrupts ||
        index >= VTD_INTERRUPTS_MAX || vtd_interrupts[unit].entry[index].low != 0) {
        return false;
    }
    /* Is it an interrupt, to one CPU? */
    if (vector < VTD_VECTOR_FIRST || vector > VTD_VECTOR_LAST || !can_name(&vtd_units[unit], apic_id)) {
        return false;
    }
    /* All checks passed: nothing below can fail. */
    struct vtd_entry *entry = &vtd_interrupts[unit].entry[index];
    entry->high = VTD_IRTE_SVT_SOURCE + source;
    __atomic_store_n(&entry->low,
                     apic_id * (vtd_units[unit].extended ? VTD_IRTE_APIC : VTD_IRTE_XAPIC) +
                         vector * VTD_IRTE_VECTOR + VTD_PRESENT,
                     __ATOMIC_RELEASE);
    vtd_written(&vtd_units[unit], entry, sizeof(*entry));
    vtd_invalidate_all(unit);
    return true;
}

void vtd_interrupt_clear(uint32_t unit, uint32_t index)
{
    struct vtd_entry *entry = &vtd_interrupts[unit].entry[index];

    __atomic_store_n(&entry->low, 0, __ATOMIC_RELEASE);
    entry->high = 0;
    vtd_written(&vtd_units[unit], entry, sizeof(*entry));
    vtd_invalidate_all(unit);
}
