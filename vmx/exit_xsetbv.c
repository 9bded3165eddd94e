/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/insn.h"
#include "arch/x86_64/vector.h"
#include "vmx/cpuid_policy.h"
#include "vmx/cr_policy.h"
#include "vmx/exit.h"
#include "vmx/vcpu_state.h"

#define HIGH_HALF_SHIFT 32u

/* XCR0 is the partition's from here on: the core itself uses no extended state. */
static void xsetbv(void)
{
    struct vcpu_state *state = vcpu_state();
    const uint64_t value = (uint32_t)state->gpr.rax | (state->gpr.rdx << HIGH_HALF_SHIFT);

    /* Is it XCR0, and a value that the policy and the CPU allow? */
    if ((uint32_t)state->gpr.rcx != 0 || !cr_policy_xcr0_is_valid(value, cpuid_policy_xcr0())) {
        event_inject_exception_with_code(VECTOR_GP, 0);
        return;
    }
    /* All checks passed: nothing below can fail. */
    insn_xsetbv(0, value);
    state->xcr0 = value;
    percpu_this()->xcr0 = value;
    exit_skip_instruction();
}

enum exit_next exit_xsetbv(void)
{
    xsetbv();
    return NEXT_RESUME;
}

void exit_manager_xsetbv(void)
{
    xsetbv();
}
