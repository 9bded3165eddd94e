/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_PERCPU_H
#define ARCH_X86_64_PERCPU_H

#include <stddef.h>
#include <stdint.h>

#include "arch/x86_64/insn.h"
#include "lib/limits.h"

#define PERCPU_SWITCHED_MSRS 5u

/* What one CPU of the core has for itself.  GS points here while the core runs. */
struct percpu {
    uint64_t self;           /* address of this struct */
    uint64_t stack_top;      /* vmx/entry.S switches to it on every exit */
    void *state_window;      /* where the current vCPU's struct vcpu_state is mapped */
    uint64_t *state_entries; /* its two page-table entries */
    uint32_t cpu;            /* index: 0 is the boot CPU */
    uint32_t apic_id;
    uint32_t vcpu;         /* slot of the vCPU whose VMCS is current */
    uint32_t partition;    /* its partition's slot */
    uint32_t manager_vcpu; /* slot of the manager's vCPU of this CPU */
    uint32_t window_open;  /* 1 while the frame window maps a frame */
    uint32_t taint;        /* 1: this CPU touched another partition's data since the last entry */
    /* What VCPU_RUN is about to return (vmx/run.c). */
    uint64_t run_kind;
    uint64_t run_mask;
    uint64_t run_value;
    uint64_t run_detail;
    uint64_t run_start;     /* TSC at which VCPU_RUN entered the running guest */
    uint64_t run_slice_end; /* TSC at which the slice of the running guest ends */
    uint64_t xcr0;          /* the value now in XCR0 */
    /* The values now in the MSRs that vmx/world.c switches. */
    uint64_t switched_msrs[PERCPU_SWITCHED_MSRS];
    uint64_t kernel_gs_base; /* the same; while a vCPU runs, as it was when it began */
    uint64_t wake_mask;      /* of RUN_WAKE: vCPUs of the running guest */
    uint8_t polls;           /* hypercalls until the next look at the units (vmx/hypercall_device.c) */
    uint8_t reserved[7];
    /* What other CPUs want of this one. */
    uint32_t clear_order;  /* vCPU slot + 1 whose VMCS it shall clear; 0: none */
    uint32_t manager_runs; /* enum smp_manager */
    uint64_t start_entry;  /* SMP_MANAGER_GIVEN: where the manager begins on it, and with what in EBX */
    uint64_t start_value;
};
_Static_assert(offsetof(struct percpu, stack_top) == 8, "vmx/entry.S knows this offset");

extern struct percpu percpus[CPUS_MAX];

static inline struct percpu *percpu_this(void)
{
    return (struct percpu *)insn_read_gs_quadword(offsetof(struct percpu, self));
}

#endif
