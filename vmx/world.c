/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/world.h"

#include "arch/x86_64/cpu_bugs.h"
#include "arch/x86_64/cr.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/window.h"
#include "vmx/cpuid_policy.h"
#include "vmx/vcpu_frames.h"
#include "vmx/vcpu_state.h"

/* The legacy region of an XSAVE area.  Source: Intel SDM Vol. 1, "Legacy Region of an XSAVE Area". */
#define XSAVE_MXCSR_OFFSET 24u
#define MXCSR_RESET        0x1f80u

void world_select(uint32_t slot, uint32_t partition)
{
    struct percpu *this = percpu_this();
    hfn_t vmcs = vcpu_frames_vmcs(slot);

    window_map_state(vcpu_frames_state(slot));
    if (!insn_vmptrld(address_of_frame(vmcs))) {
        panic(PANIC_VMPTRLD, slot, vmcs);
    }
    this->vcpu = slot;
    this->partition = partition;
}

static void xcr0_set(uint64_t value)
{
    struct percpu *this = percpu_this();

    if (this->xcr0 != value) {
        insn_xsetbv(0, value);
        this->xcr0 = value;
    }
}

void world_save(void)
{
    struct vcpu_state *state = vcpu_state();

    xcr0_set(cpuid_policy_xcr0());
    insn_xsave(state->xsave, cpuid_policy_xcr0());
    state->cr2 = insn_read_cr2();
    state->dr[0] = insn_read_dr0();
    state->dr[1] = insn_read_dr1();
    state->dr[2] = insn_read_dr2();
    state->dr[3] = insn_read_dr3();
    state->dr6 = insn_read_dr6();
    state->star = insn_rdmsr(MSR_IA32_STAR);
    state->lstar = insn_rdmsr(MSR_IA32_LSTAR);
    state->cstar = insn_rdmsr(MSR_IA32_CSTAR);
    state->fmask = insn_rdmsr(MSR_IA32_FMASK);
    state->kernel_gs_base = insn_rdmsr(MSR_IA32_KERNEL_GS_BASE);
    if (cpuid_policy_has_tsc_aux()) {
        state->tsc_aux = insn_rdmsr(MSR_IA32_TSC_AUX);
    }
    if (cpuid_policy_has_spec_ctrl()) {
        state->spec_ctrl = insn_rdmsr(MSR_IA32_SPEC_CTRL);
        insn_wrmsr(MSR_IA32_SPEC_CTRL, 0);
    }
}

void world_restore(void)
{
    const struct vcpu_state *state = vcpu_state();

    cpu_bugs_on_switch();
    xcr0_set(cpuid_policy_xcr0());
    insn_xrstor(state->xsave, cpuid_policy_xcr0());
    xcr0_set(state->xcr0);
    insn_write_cr2(state->cr2);
    insn_write_dr0(state->dr[0]);
    insn_write_dr1(state->dr[1]);
    insn_write_dr2(state->dr[2]);
    insn_write_dr3(state->dr[3]);
    insn_write_dr6(state->dr6);
    insn_wrmsr(MSR_IA32_STAR, state->star);
    insn_wrmsr(MSR_IA32_LSTAR, state->lstar);
    insn_wrmsr(MSR_IA32_CSTAR, state->cstar);
    insn_wrmsr(MSR_IA32_FMASK, state->fmask);
    insn_wrmsr(MSR_IA32_KERNEL_GS_BASE, state->kernel_gs_base);
    if (cpuid_policy_has_tsc_aux()) {
        insn_wrmsr(MSR_IA32_TSC_AUX, state->tsc_aux);
    }
    if (cpuid_policy_has_spec_ctrl()) {
        insn_wrmsr(MSR_IA32_SPEC_CTRL, state->spec_ctrl);
    }
}

void world_reset(void)
{
    struct vcpu_state *state = vcpu_state();

    *(uint32_t *)(state->xsave + XSAVE_MXCSR_OFFSET) = MXCSR_RESET;
    state->dr6 = DR6_RESET;
    state->xcr0 = XCR0_X87;
}
