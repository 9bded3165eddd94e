/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_VLAPIC_BITS_H
#define VMX_VLAPIC_BITS_H

#include <stdint.h>

#include "arch/x86_64/msr.h"
#include "vmx/vcpu_state.h"

/* The registers of the virtual x2APIC, and what its files share.
 * Source: Intel SDM Vol. 3A, "Local Vector Table", "Issuing Interprocessor Interrupts", "APIC Timer". */
#define VLAPIC_PRIORITY_CLASS 0xf0u
#define VLAPIC_VECTOR_MASK    0xffu
#define VLAPIC_FIRST_VECTOR   16u /* a fixed interrupt below is illegal */

#define VLAPIC_SPURIOUS_RESET    0xffu
#define VLAPIC_SPURIOUS_ENABLED  0x100u
#define VLAPIC_SPURIOUS_WRITABLE 0x1ffu

enum vlapic_lvt_index {
    VLAPIC_LVT_TIMER = 0,
    VLAPIC_LVT_ERROR = 5,
};

enum vlapic_lvt_bits {
    VLAPIC_LVT_DELIVERY = 7u << 8,
    VLAPIC_LVT_POLARITY = 1u << 13,
    VLAPIC_LVT_LEVEL = 1u << 15,
    VLAPIC_LVT_MASKED = 1u << 16,
    VLAPIC_LVT_PERIODIC = 1u << 17,
    VLAPIC_LVT_DEADLINE = 1u << 18,
};
#define VLAPIC_LVT_MODE (VLAPIC_LVT_PERIODIC | VLAPIC_LVT_DEADLINE)

enum vlapic_icr_bits {
    VLAPIC_ICR_DELIVERY = 7u << 8, /* 0: fixed */
    VLAPIC_ICR_LOGICAL = 1u << 11,
    VLAPIC_ICR_ASSERT = 1u << 14,
    VLAPIC_ICR_LEVEL = 1u << 15,
    VLAPIC_ICR_SHORTHAND = 3u << 18,
};
#define VLAPIC_ICR_WRITABLE                                                                                  \
    (VLAPIC_VECTOR_MASK | VLAPIC_ICR_DELIVERY | VLAPIC_ICR_LOGICAL | VLAPIC_ICR_ASSERT | VLAPIC_ICR_LEVEL |  \
     VLAPIC_ICR_SHORTHAND)
enum vlapic_shorthand {
    VLAPIC_TO_DESTINATION = 0,
    VLAPIC_TO_SELF = 1,
    VLAPIC_TO_ALL = 2,
    VLAPIC_TO_OTHERS = 3,
};
#define VLAPIC_SHORTHAND_SHIFT   18u
#define VLAPIC_DESTINATION_SHIFT 32u
#define VLAPIC_BROADCAST         0xffffffffu

enum vlapic_error_bits { VLAPIC_SEND_ILLEGAL_VECTOR = 1u << 5 };

#define VLAPIC_FIRST_MSR 0x800u

/* TPR, ISR, TMR, IRR, self-IPI: where the virtual-APIC page of the current vCPU holds x2APIC MSR `msr`, 0x800 to 0x83f.
 * The one place of these, whoever delivers the interrupts. */
static inline uint32_t *vlapic_held(uint32_t msr)
{
    return &vcpu_state()->virtual_apic[(msr - VLAPIC_FIRST_MSR) * VIRTUAL_APIC_STRIDE];
}

/* Where in that page. */
static inline uint32_t vlapic_page_offset(uint32_t msr)
{
    return (msr - VLAPIC_FIRST_MSR) * VIRTUAL_APIC_STRIDE * (uint32_t)sizeof(uint32_t);
}

/* The interrupt is pending (edge). */
void vlapic_accept(struct vlapic *apic, uint32_t vector);
/* Not where the CPU delivers the interrupts: there no write of EOI exits. */
void vlapic_end_of_interrupt(struct vlapic *apic);
uint32_t vlapic_processor_priority(const struct vlapic *apic);

#endif
