/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/vlapic_timer.h"

#include "vmx/vlapic_bits.h"

static bool in_deadline_mode(const struct vlapic *apic)
{
    return (apic->lvt[VLAPIC_LVT_TIMER] & VLAPIC_LVT_MODE) == VLAPIC_LVT_DEADLINE;
}

/* TSC ticks of one count.  Bits 3, 1 and 0 of the divide configuration: 0 is 2, ... 6 is 128, 7 is 1. */
static uint64_t ticks_per_count(const struct vlapic *apic)
{
    const uint32_t code = ((apic->divide >> 1) & 4u) | (apic->divide & 3u);

    return 1ull << ((code + 1u) & 7u);
}

/* The next time a periodic timer fires, after `now`; what was missed is one interrupt. */
static uint64_t next_period(const struct vlapic *apic, uint64_t now)
{
    const uint64_t period = apic->initial_count * ticks_per_count(apic);

    return now + period - (now - apic->deadline) % period;
}

void vlapic_timer_poll(struct vlapic *apic, uint64_t now)
{
    const uint32_t entry = apic->lvt[VLAPIC_LVT_TIMER];
    const uint32_t vector = entry & VLAPIC_VECTOR_MASK;

    if (now < apic->deadline) {
        return;
    }
    if ((entry & VLAPIC_LVT_MODE) == VLAPIC_LVT_PERIODIC && apic->initial_count != 0) {
        apic->deadline = next_period(apic, now);
    } else {
        apic->deadline = 0;
    }
    if ((entry & VLAPIC_LVT_MASKED) == 0 && vector >= VLAPIC_FIRST_VECTOR) {
        vlapic_accept(apic, vector);
    }
}

void vlapic_timer_set_entry(struct vlapic *apic, uint32_t entry)
{
    if (((apic->lvt[VLAPIC_LVT_TIMER] ^ entry) & VLAPIC_LVT_DEADLINE) != 0) {
        apic->deadline = 0;
        apic->initial_count = 0;
    }
    apic->lvt[VLAPIC_LVT_TIMER] = entry;
}

void vlapic_timer_set_deadline(struct vlapic *apic, uint64_t deadline)
{
    if (in_deadline_mode(apic)) {
        apic->deadline = deadline;
    }
}

uint64_t vlapic_timer_deadline(const struct vlapic *apic)
{
    return in_deadline_mode(apic) ? apic->deadline : 0;
}

void vlapic_timer_set_count(struct vlapic *apic, uint32_t count, uint64_t now)
{
    if (in_deadline_mode(apic)) {
        return;
    }
    apic->initial_count = count;
    apic->deadline = count != 0 ? now + count * ticks_per_count(apic) : 0;
}

uint32_t vlapic_timer_count(const struct vlapic *apic, uint64_t now)
{
    if (in_deadline_mode(apic) || apic->deadline <= now) {
        return 0;
    }
    return (uint32_t)((apic->deadline - now) / ticks_per_count(apic));
}
