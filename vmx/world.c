/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/world.h"

#include "arch/x86_64/cpu_bugs.h"
#include "arch/x86_64/cr.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/msr_safe.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/window.h"
#include "vmx/cpuid_policy.h"
#include "vmx/debug_registers.h"
#include "vmx/exit.h"
#include "vmx/vcpu_frames.h"
#include "vmx/vcpu_state.h"

/* The legacy region of an XSAVE area.  Source: Intel SDM Vol. 1, "Legacy Region of an XSAVE Area". */
#define XSAVE_MXCSR_OFFSET 24u
#define MXCSR_RESET        0x1f80u

/* What partitions change by WRMSR alone, which exits: so its value is known and never read. */
static const uint32_t switched[PERCPU_SWITCHED_MSRS] = {
    MSR_IA32_STAR, MSR_IA32_LSTAR, MSR_IA32_CSTAR, MSR_IA32_FMASK, MSR_IA32_TSC_AUX,
};

static inline void xcr0_set(struct percpu *this, uint64_t value)
{
    if (this->xcr0 != value) {
        insn_xsetbv(0, value);
        this->xcr0 = value;
    }
}

void world_init(void)
{
    struct percpu *this = percpu_this();

    for (uint32_t n = 0; n < PERCPU_SWITCHED_MSRS; n++) {
        this->switched_msrs[n] = 0;
        if (switched[n] != MSR_IA32_TSC_AUX || cpuid_policy_has_tsc_aux()) {
            insn_wrmsr(switched[n], 0);
        }
    }
    this->kernel_gs_base = insn_rdmsr(MSR_IA32_KERNEL_GS_BASE);
    debug_registers_init();
}

bool world_write_msr(uint32_t msr, uint64_t value)
{
    /* Does the CPU have it for partitions, and take this value? */
    if ((msr == MSR_IA32_TSC_AUX && !cpuid_policy_has_tsc_aux()) || !msr_safe_write(msr, value)) {
        return false;
    }
    for (uint32_t n = 0; n < PERCPU_SWITCHED_MSRS; n++) {
        if (switched[n] == msr) {
            percpu_this()->switched_msrs[n] = value;
            vcpu_state()->switched_msrs[n] = value;
        }
    }
    return true;
}

/* Take the register state of the current vCPU off the CPU, into its window. */
static inline void save(struct percpu *this, struct vcpu_state *state)
{
    xcr0_set(this, cpuid_policy_xcr0());
    insn_xsave(state->xsave, cpuid_policy_xcr0());
    state->cr2 = insn_read_cr2();
    this->kernel_gs_base = insn_rdmsr(MSR_IA32_KERNEL_GS_BASE);
    state->kernel_gs_base = this->kernel_gs_base;
    if (cpuid_policy_has_spec_ctrl()) {
        state->spec_ctrl = insn_rdmsr(MSR_IA32_SPEC_CTRL);
        if (state->spec_ctrl != 0) {
            insn_wrmsr(MSR_IA32_SPEC_CTRL, 0);
        }
    }
}

/* MSRs are slow to write, and mostly hold the same for both: only what differs is written. */
static inline void restore_msrs(struct percpu *this, const struct vcpu_state *state)
{
#pragma GCC unroll 5
    for (uint32_t n = 0; n < PERCPU_SWITCHED_MSRS; n++) {
        if (this->switched_msrs[n] != state->switched_msrs[n]) {
            this->switched_msrs[n] = state->switched_msrs[n];
            insn_wrmsr(switched[n], state->switched_msrs[n]);
        }
    }
    if (this->kernel_gs_base != state->kernel_gs_base) {
        /* The last partition's value stays nowhere: it may end, and be scrubbed, before this CPU switches again. */
        this->kernel_gs_base = state->kernel_gs_base;
        insn_wrmsr(MSR_IA32_KERNEL_GS_BASE, state->kernel_gs_base);
    }
    if (state->spec_ctrl != 0) { /* 0 where the CPU has none */
        insn_wrmsr(MSR_IA32_SPEC_CTRL, state->spec_ctrl);
    }
}

/* Put the register state of the current vCPU on the CPU, from its window; XCR0 has all components. */
static inline void restore(struct percpu *this, const struct vcpu_state *state)
{
    cpu_bugs_on_switch();
    insn_xrstor(state->xsave, cpuid_policy_xcr0());
    xcr0_set(this, state->xcr0);
    insn_write_cr2(state->cr2);
    restore_msrs(this, state);
    if (state->uses_debug != 0) {
        debug_registers_load(state);
    }
}

static inline void select(struct percpu *this, uint32_t slot, uint32_t partition)
{
    hfn_t vmcs = vcpu_frames_vmcs(slot);

    window_map_state(vcpu_frames_state(slot));
    if (!insn_vmptrld(address_of_frame(vmcs))) {
        panic(PANIC_VMPTRLD, slot, vmcs);
    }
    this->vcpu = slot;
    this->partition = partition;
}

void world_select(uint32_t slot, uint32_t partition)
{
    select(percpu_this(), slot, partition);
}

void world_start(void)
{
    xcr0_set(percpu_this(), cpuid_policy_xcr0());
    restore(percpu_this(), vcpu_state());
}

static EXIT_HANDLER void exchange(uint32_t slot, uint32_t partition)
{
    struct percpu *this = percpu_this();

    save(this, this->state_window);
    select(this, slot, partition);
    restore(this, this->state_window);
}

static EXIT_HANDLER void exchange_with_debug_registers(uint32_t slot, uint32_t partition)
{
    debug_registers_save(vcpu_state());
    exchange(slot, partition);
}

void world_switch(uint32_t slot, uint32_t partition)
{
    if (vcpu_state()->uses_debug != 0) {
        exchange_with_debug_registers(slot, partition);
    } else {
        exchange(slot, partition);
    }
}

void world_reset(void)
{
    struct vcpu_state *state = vcpu_state();

    *(uint32_t *)(state->xsave + XSAVE_MXCSR_OFFSET) = MXCSR_RESET;
    state->xcr0 = XCR0_X87;
}
