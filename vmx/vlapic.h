/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_VLAPIC_H
#define VMX_VLAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "isolation/vcpu.h"
#include "vmx/exit.h"
#include "vmx/vcpu_state.h"

/*
 * The virtual x2APIC of the current vCPU: always in x2APIC mode, physical id = index of the vCPU in its
 * partition.  Fixed interrupts of edge kind only.  INIT, SIPI, NMI and SMI of the ICR have no effect: TDX
 * guests start CPUs by the MADT mailbox.
 * Where the CPU virtualises the APIC (capability.has_apic_virtualization) it reads and writes the virtual-APIC page
 * itself and delivers what is in IRR; else the core does.  docs/apicv.md.
 * Source: Intel SDM Vol. 3A, "Advanced Programmable Interrupt Controller (APIC)", "Extended XAPIC (x2APIC)".
 */
#define VLAPIC_REQUEST_WORDS 4u       /* of struct vcpu */
#define VLAPIC_VERSION       0x50014u /* version 0x14, six LVT entries */
#define VLAPIC_NO_DEADLINE   UINT64_MAX

enum vlapic_result {
    VLAPIC_DONE = 0,
    VLAPIC_FAULT = 1, /* #GP(0) */
    VLAPIC_SENT =
        2, /* done; it was for other vCPUs of the partition that no CPU runs: percpu_this()->wake_mask */
};

/* The state after reset, of the current vCPU, whose virtual-APIC page is scrubbed. */
void vlapic_reset(struct vlapic *apic);

/* RDMSR and WRMSR of 0x800 to 0x8ff, and of IA32_TSC_DEADLINE. */
enum vlapic_result vlapic_read(uint32_t msr, uint64_t *value);
enum vlapic_result vlapic_write(uint32_t msr, uint64_t value);

/* CR8 is TPR bits 7:4. */
uint64_t vlapic_cr8(void);
enum vlapic_result vlapic_set_cr8(uint64_t value);

/* Before each entry of a guest: takes what was requested of this vCPU, fires its timer, and, where the CPU does not
 * deliver, injects the interrupt that has priority or asks for an exit when it can be. */
EXIT_HANDLER void vlapic_prepare_entry(void);

/* Is an interrupt requested of vCPU `slot` that it has not taken yet? */
static inline bool vlapic_is_requested(uint32_t slot)
{
    const uint64_t *requests = vcpus[slot].requests;

    return (__atomic_load_n(&requests[0], __ATOMIC_RELAXED) |
            __atomic_load_n(&requests[1], __ATOMIC_RELAXED) |
            __atomic_load_n(&requests[2], __ATOMIC_RELAXED) |
            __atomic_load_n(&requests[3], __ATOMIC_RELAXED)) != 0;
}

/* Is there nothing for vlapic_prepare_entry() to do, for vCPU `slot`, but for its timer?  Nearly always: for the way back
 * from an exit. */
static inline bool vlapic_is_quiet(const struct vlapic *apic, uint32_t slot)
{
    return !vlapic_is_requested(slot) && (apic->irr_words | apic->window_exiting) == 0;
}

/* Take requests and timer into account, then: is there an interrupt that HLT must not sleep on?  RFLAGS.IF is
 * not asked: TDX guests halt with IF = 0 and enable interrupts after. */
EXIT_HANDLER bool vlapic_has_deliverable(void);

/* TSC value at which the timer fires, or VLAPIC_NO_DEADLINE. */
static inline uint64_t vlapic_next_deadline(void)
{
    const uint64_t deadline = vcpu_state()->vlapic.deadline;

    return deadline != 0 ? deadline : VLAPIC_NO_DEADLINE;
}

/* The last TSC value at which the timer does not fire: 0 - 1 where it is not armed. */
static inline uint64_t vlapic_timer_quiet_until(const struct vlapic *apic)
{
    return apic->deadline - 1u;
}

#endif
