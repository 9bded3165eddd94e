/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/lapic.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/msr.h"

#define CPUID_FEATURES            1u
#define CPUID_FEATURES_ECX_X2APIC (1u << 21)

enum lapic_bits {
    SIVR_VECTOR = 0xff,
    SIVR_ENABLE = 1 << 8,
    LVT_MASKED = 1 << 16,
    VERSION_LAST_LVT_SHIFT = 16,
    VERSION_LAST_LVT_MASK = 0xff,
};

/* Index of the last LVT register of a local APIC that has the one named. */
enum lapic_lvt { LVT_HAS_PMI = 4, LVT_HAS_THERMAL = 5, LVT_HAS_CMCI = 6 };

enum icr_bits {
    ICR_NMI = 4 << 8,
    ICR_INIT = 5 << 8,
    ICR_STARTUP = 6 << 8,
    ICR_ASSERT = 1 << 14,
    ICR_DESTINATION_SHIFT = 32,
};

#define ISR_REGISTERS 8u

static void mask_local_vectors(void)
{
    const uint32_t last =
        (uint32_t)insn_rdmsr(MSR_IA32_X2APIC_VERSION) >> VERSION_LAST_LVT_SHIFT & VERSION_LAST_LVT_MASK;

    insn_wrmsr(MSR_IA32_X2APIC_LVT_TIMER, LVT_MASKED);
    insn_wrmsr(MSR_IA32_X2APIC_LVT_LINT0, LVT_MASKED);
    insn_wrmsr(MSR_IA32_X2APIC_LVT_LINT1, LVT_MASKED);
    insn_wrmsr(MSR_IA32_X2APIC_LVT_ERROR, LVT_MASKED);
    if (last >= LVT_HAS_PMI) {
        insn_wrmsr(MSR_IA32_X2APIC_LVT_PMI, LVT_MASKED);
    }
    if (last >= LVT_HAS_THERMAL) {
        insn_wrmsr(MSR_IA32_X2APIC_LVT_THERMAL, LVT_MASKED);
    }
    if (last >= LVT_HAS_CMCI) {
        insn_wrmsr(MSR_IA32_X2APIC_LVT_CMCI, LVT_MASKED);
    }
    insn_wrmsr(MSR_IA32_X2APIC_INIT_COUNT, 0);
}

/* End what the firmware left in service, or its priority would hold back the manager's interrupts. */
static void end_interrupts(void)
{
    for (uint32_t i = 0; i < ISR_REGISTERS; i++) {
        for (uint32_t bits = (uint32_t)insn_rdmsr(MSR_IA32_X2APIC_ISR0 + i); bits != 0; bits &= bits - 1) {
            insn_wrmsr(MSR_IA32_X2APIC_EOI, 0);
        }
    }
}

bool lapic_enable(void)
{
    const uint64_t base = insn_rdmsr(MSR_IA32_APIC_BASE);

    if ((insn_cpuid(CPUID_FEATURES, 0).ecx & CPUID_FEATURES_ECX_X2APIC) == 0) {
        return false;
    }
    /* From disabled to x2APIC leads only through xAPIC. */
    insn_wrmsr(MSR_IA32_APIC_BASE, base | APIC_BASE_ENABLE);
    insn_wrmsr(MSR_IA32_APIC_BASE, base | APIC_BASE_ENABLE | APIC_BASE_EXTD);
    insn_wrmsr(MSR_IA32_X2APIC_SIVR, SIVR_ENABLE | SIVR_VECTOR);
    mask_local_vectors();
    end_interrupts();
    insn_wrmsr(MSR_IA32_X2APIC_TPR, 0);
    insn_wrmsr(MSR_IA32_X2APIC_ESR, 0);
    return true;
}

uint32_t lapic_id(void)
{
    return (uint32_t)insn_rdmsr(MSR_IA32_X2APIC_APICID);
}

static void send(uint32_t apic_id, uint64_t command)
{
    /* A write to an x2APIC register does not wait for stores before it. */
    insn_mfence();
    insn_lfence();
    insn_wrmsr(MSR_IA32_X2APIC_ICR, (uint64_t)apic_id << ICR_DESTINATION_SHIFT | command);
}

void lapic_send_nmi(uint32_t apic_id)
{
    send(apic_id, ICR_NMI | ICR_ASSERT);
}

void lapic_send_init(uint32_t apic_id)
{
    send(apic_id, ICR_INIT | ICR_ASSERT);
}

void lapic_send_sipi(uint32_t apic_id, uint8_t page)
{
    send(apic_id, ICR_STARTUP | ICR_ASSERT | page);
}
