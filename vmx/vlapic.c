/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/vlapic.h"

#include "arch/x86_64/cr.h"
#include "arch/x86_64/tsc.h"
#include "arch/x86_64/vector.h"
#include "isolation/vcpu.h"
#include "vmx/capability.h"
#include "vmx/vlapic_bits.h"
#include "vmx/vlapic_timer.h"
#include "vmx/vmcs.h"
#include "vmx/vmcs_control.h"

#define NO_VECTOR 0u /* vectors below 16 are never in IRR or ISR */

void vlapic_reset(struct vlapic *apic)
{
    *apic = (struct vlapic){.spurious = VLAPIC_SPURIOUS_RESET};
    for (uint32_t n = 0; n < VLAPIC_LVT_ENTRIES; n++) {
        apic->lvt[n] = VLAPIC_LVT_MASKED;
    }
}

/* IRR and ISR: eight words in the virtual-APIC page each, of which `first` is the MSR of the first. */
static uint32_t words_in_use(uint32_t first)
{
    uint32_t words = 0;

    for (uint32_t n = 0; n < VLAPIC_WORDS; n++) {
        words |= (uint32_t)(*vlapic_held(first + n) != 0) << n;
    }
    return words;
}

/* `summary`: which words are not 0.  Where the CPU changes them, nobody keeps that. */
static uint32_t highest(uint32_t first, uint32_t summary)
{
    const uint32_t words = capability.has_apic_virtualization ? words_in_use(first) : summary;
    uint32_t word;

    if (words == 0) {
        return NO_VECTOR;
    }
    word = 31u - (uint32_t)__builtin_clz(words);
    return word * 32u + 31u - (uint32_t)__builtin_clz(*vlapic_held(first + word));
}

static void set_bit(uint32_t first, uint32_t *summary, uint32_t vector)
{
    *vlapic_held(first + vector / 32u) |= 1u << (vector % 32u);
    *summary |= 1u << (vector / 32u);
}

static void clear_bit(uint32_t first, uint32_t *summary, uint32_t vector)
{
    uint32_t *word = vlapic_held(first + vector / 32u);

    *word &= ~(1u << (vector % 32u));
    if (*word == 0) {
        *summary &= ~(1u << (vector / 32u));
    }
}

/* The CPU looks at RVI, the highest of IRR, at the next entry; it lowers it as it delivers. */
static void raise_rvi(uint32_t vector)
{
    const uint64_t status = vmcs_read(VMCS_GUEST_INTERRUPT_STATUS);

    if (vector > (status & INTERRUPT_STATUS_RVI_MASK)) {
        vmcs_write(VMCS_GUEST_INTERRUPT_STATUS, (status & ~INTERRUPT_STATUS_RVI_MASK) | vector);
    }
}

void vlapic_accept(struct vlapic *apic, uint32_t vector)
{
    uint32_t none = 0;

    if (capability.has_apic_virtualization) {
        set_bit(MSR_IA32_X2APIC_IRR0, &none, vector);
        raise_rvi(vector);
    } else {
        set_bit(MSR_IA32_X2APIC_IRR0, &apic->irr_words, vector);
    }
}

void vlapic_end_of_interrupt(struct vlapic *apic)
{
    const uint32_t vector = highest(MSR_IA32_X2APIC_ISR0, apic->isr_words);

    if (vector != NO_VECTOR) {
        clear_bit(MSR_IA32_X2APIC_ISR0, &apic->isr_words, vector);
    }
}

uint32_t vlapic_processor_priority(const struct vlapic *apic)
{
    const uint32_t in_service = highest(MSR_IA32_X2APIC_ISR0, apic->isr_words) & VLAPIC_PRIORITY_CLASS;
    const uint32_t task = *vlapic_held(MSR_IA32_X2APIC_TPR);

    return (task & VLAPIC_PRIORITY_CLASS) >= in_service ? task : in_service;
}

/* The pending interrupt that the processor priority lets through, or NO_VECTOR. */
static uint32_t deliverable(const struct vlapic *apic)
{
    const uint32_t vector = highest(MSR_IA32_X2APIC_IRR0, apic->irr_words);

    return (vector & VLAPIC_PRIORITY_CLASS) > (vlapic_processor_priority(apic) & VLAPIC_PRIORITY_CLASS)
               ? vector
               : NO_VECTOR;
}

/* The vectors of word `word` that may be asked for from outside of the vCPU. */
static uint64_t requestable(uint32_t word)
{
    switch (word) {
    case 0:
        return ~0ull << VCPU_VECTOR_FIRST;
    case VCPU_VECTOR_REFUSED / 64u:
        return ~(1ull << (VCPU_VECTOR_REFUSED % 64u));
    default:
        return ~0ull;
    }
}

/* What the manager and the partition's other vCPUs ask for.  isolation/ has refused wrong vectors already. */
static void take_requests(struct vlapic *apic)
{
    const uint32_t slot = percpu_this()->vcpu;

    for (uint32_t n = 0; n < VLAPIC_REQUEST_WORDS; n++) {
        uint64_t taken;

        if (__atomic_load_n(&vcpus[slot].requests[n], __ATOMIC_RELAXED) == 0) {
            continue;
        }
        taken = vcpu_take_requests(slot, n) & requestable(n);
        for (; taken != 0; taken &= taken - 1) {
            vlapic_accept(apic, n * 64u + (uint32_t)__builtin_ctzll(taken));
        }
    }
}

static void poll(struct vlapic *apic)
{
    take_requests(apic);
    if (apic->deadline != 0) {
        vlapic_timer_poll(apic, tsc_read());
    }
}

bool vlapic_has_deliverable(void)
{
    struct vlapic *apic = &vcpu_state()->vlapic;

    poll(apic);
    return deliverable(apic) != NO_VECTOR;
}

static void set_window_exiting(struct vlapic *apic, uint32_t on)
{
    uint64_t controls;

    if (apic->window_exiting == on) {
        return;
    }
    controls = vmcs_read(VMCS_PRIMARY_CONTROLS) & ~(uint64_t)PRIMARY_INTERRUPT_WINDOW_EXITING;
    vmcs_write(VMCS_PRIMARY_CONTROLS, controls | (on != 0 ? PRIMARY_INTERRUPT_WINDOW_EXITING : 0));
    apic->window_exiting = on;
}

/* Would the guest take an interrupt at this entry? */
static bool can_inject(void)
{
    return !event_pending() && (vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_IF) != 0 &&
           (vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS)) == 0;
}

void vlapic_prepare_entry(void)
{
    struct vlapic *apic = &vcpu_state()->vlapic;
    uint32_t vector;

    poll(apic);
    /* Is there nothing for the core to inject?  Where the CPU delivers, never. */
    if ((apic->irr_words | apic->window_exiting) == 0) {
        return;
    }
    vector = deliverable(apic);
    if (vector != NO_VECTOR && can_inject()) {
        clear_bit(MSR_IA32_X2APIC_IRR0, &apic->irr_words, vector);
        set_bit(MSR_IA32_X2APIC_ISR0, &apic->isr_words, vector);
        event_inject_interrupt(vector);
        vector = deliverable(apic);
    }
    set_window_exiting(apic, vector != NO_VECTOR);
}
