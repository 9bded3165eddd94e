/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/cr.h"
#include "isolation/vcpu.h"
#include "vmx/cpuid_policy.h"
#include "vmx/exit.h"
#include "vmx/vcpu_state.h"
#include "vmx/vmcs.h"

static void give(struct gpr_file *gpr, const struct cpuid_result *result)
{
    gpr->rax = result->eax;
    gpr->rbx = result->ebx;
    gpr->rcx = result->ecx;
    gpr->rdx = result->edx;
    exit_skip_instruction();
}

static void answer_cpuid(struct vcpu_state *state, enum cpuid_kind kind, uint32_t apic_id)
{
    const uint32_t leaf = (uint32_t)state->gpr.rax;
    const struct cpuid_context context = {
        .kind = kind,
        .apic_id = apic_id,
        .xcr0 = state->xcr0,
        .osxsave = leaf == CPUID_FEATURES && (vmcs_read(VMCS_GUEST_CR4) & CR4_OSXSAVE) != 0,
    };
    const struct cpuid_result result = cpuid_policy_answer(&context, leaf, (uint32_t)state->gpr.rcx);

    give(&state->gpr, &result);
}

enum exit_next exit_cpuid(void)
{
    struct vcpu_state *state = vcpu_state();
    const struct cpuid_result *fixed = cpuid_policy_fixed(CPUID_GUEST, (uint32_t)state->gpr.rax);

    if (fixed != NULL) {
        give(&state->gpr, fixed);
    } else {
        answer_cpuid(state, CPUID_GUEST, vcpus[percpu_this()->vcpu].index);
    }
    return NEXT_RESUME;
}

void exit_manager_cpuid(void)
{
    answer_cpuid(vcpu_state(), CPUID_MANAGER, percpu_this()->apic_id);
}
