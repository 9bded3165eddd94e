/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/timer.h"

#include "manager/insn.h"

/* SDM Vol. 3A, "Local APIC": x2APIC register address space, TSC-deadline mode. */
enum {
    IA32_TSC_DEADLINE = 0x6e0,
    IA32_X2APIC_EOI = 0x80b,
    IA32_X2APIC_LVT_TIMER = 0x832,
    LVT_TSC_DEADLINE = 1 << 18,
};

void timer_start(void)
{
    insn_wrmsr(IA32_X2APIC_LVT_TIMER, LVT_TSC_DEADLINE | TIMER_VECTOR);
}

uint64_t timer_now(void)
{
    return insn_rdtsc();
}

void timer_sleep(uint64_t deadline)
{
    /* A deadline of 0 would disarm the timer. */
    insn_wrmsr(IA32_TSC_DEADLINE, deadline > 0 ? deadline : 1);
    insn_sti_hlt();
}

void timer_interrupt(void)
{
    insn_wrmsr(IA32_X2APIC_EOI, 0);
}
