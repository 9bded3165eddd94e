/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_VCPU_STATE_H
#define VMX_VCPU_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/x86_64/percpu.h"

/*
 * What a vCPU holds besides its VMCS.  The frames of this struct are mapped nowhere but in the state
 * window of the CPU whose current VMCS is the vCPU's, so that the core never has two partitions'
 * registers in reach at once.
 */

/* In the order in which vmx/entry.S pushes them. */
struct gpr_file {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
};
_Static_assert(sizeof(struct gpr_file) == 15 * 8, "vmx/entry.S knows this layout");

/* Answer to TDG.VP.VEINFO.GET. */
struct ve_info {
    uint64_t valid;
    uint64_t exit_reason;
    uint64_t qualification;
    uint64_t linear_address;
    uint64_t physical_address; /* shared bit included */
    uint64_t length_and_info;  /* instruction length in bits 31:0, instruction information above */
};

#define VLAPIC_WORDS       8u /* 256 vectors in 32-bit words, as IRR and ISR are read */
#define VLAPIC_LVT_ENTRIES 6u

/* The virtual-APIC page: the register of x2APIC MSR 800H + n is at offset 16 n. */
#define VIRTUAL_APIC_STRIDE    4u  /* words from one register to the next; three of them are 0 */
#define VIRTUAL_APIC_REGISTERS 64u /* all that there are; the CPU touches no other part of the page */
#define VIRTUAL_APIC_WORDS     (VIRTUAL_APIC_REGISTERS * VIRTUAL_APIC_STRIDE)

/* The virtual x2APIC (vmx/vlapic.h), but for ISR, IRR and TPR, which are in the virtual-APIC page. */
struct vlapic {
    uint32_t isr_words; /* bit w: word w of ISR is not 0; not kept where the CPU delivers the interrupts */
    uint32_t irr_words; /* the same of IRR; there always 0 */
    uint32_t spurious;
    uint32_t error_status;  /* as ESR reads */
    uint32_t error_pending; /* goes to error_status when ESR is written */
    uint32_t initial_count;
    uint32_t divide;
    uint32_t lvt[VLAPIC_LVT_ENTRIES]; /* timer, thermal, PMI, LINT0, LINT1, error */
    uint32_t window_exiting;          /* interrupt-window exiting is on in the VMCS */
    uint64_t icr;
    uint64_t deadline; /* TSC value at which the timer fires; 0: not armed */
};

#define TDCALL_SITES 4u /* RIPs whose instruction bytes were found to be TDCALL */

struct vcpu_state {
    struct gpr_file gpr; /* at offset 0: VMCS_HOST_RSP points behind it */
    uint64_t cr2;
    uint64_t dr[4];
    uint64_t dr6;
    uint64_t uses_debug; /* 1: DR0-3 and DR6 are its own (vmx/debug_registers.h) */
    uint64_t xcr0;
    uint64_t switched_msrs[PERCPU_SWITCHED_MSRS]; /* in the order of vmx/world.c */
    uint64_t kernel_gs_base;
    uint64_t spec_ctrl;
    uint64_t call_mask; /* registers named by the TDVMCALL that waits for its reply; 0: none does */
    uint64_t call_function;
    struct ve_info ve;
    struct vlapic vlapic;
    uint64_t tdcall_sites[TDCALL_SITES];
    uint32_t tdcall_site_next;
    uint32_t halted; /* the guest halted and no interrupt has come since */
    /* The virtual-APIC page, whose end is free for the XSAVE state: x87, SSE and AVX are 832 bytes. */
    _Alignas(4096) uint32_t virtual_apic[VIRTUAL_APIC_WORDS];
    uint8_t xsave[3072];
};
_Static_assert(offsetof(struct vcpu_state, xsave) % 64 == 0, "XSAVE and XRSTOR demand it");
#define VCPU_STATE_FRAMES 2u
_Static_assert(offsetof(struct vcpu_state, virtual_apic) == 4096,
               "the virtual-APIC page is the second frame");
_Static_assert(sizeof(struct vcpu_state) == VCPU_STATE_FRAMES * 4096, "what the state window maps");

/* The state of the vCPU whose VMCS is current on this CPU. */
static inline struct vcpu_state *vcpu_state(void)
{
    return (struct vcpu_state *)percpu_this()->state_window;
}

#endif
