/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/insn.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/smp.h"
#include "arch/x86_64/vector.h"
#include "isolation/audit.h"
#include "isolation/partition.h"
#include "vmx/cpuid_policy.h"
#include "vmx/efer.h"
#include "vmx/exit.h"
#include "vmx/msr_policy.h"
#include "vmx/vcpu_state.h"
#include "vmx/world.h"

/* What the bitmap does not let through: a few are answered or checked here, the rest was never granted. */
#define HIGH_HALF_SHIFT 32u

/* LVT timer: vector, mask and mode are the manager's. */
enum lvt_timer_bits {
    LVT_VECTOR = 0xff,
    LVT_MASKED = 1u << 16,
    LVT_TIMER_PERIODIC = 1u << 17,
    LVT_TIMER_DEADLINE = 1u << 18,
};
#define LVT_TIMER_GRANTED ((uint64_t)(LVT_VECTOR | LVT_MASKED | LVT_TIMER_PERIODIC | LVT_TIMER_DEADLINE))

/* ICR: a vector, edge or asserted level, physical destination, fixed delivery. */
enum icr_bits {
    ICR_VECTOR = 0xff,
    ICR_LEVEL_ASSERT = 1u << 14,
    ICR_SHORTHAND_SELF = 1u << 18,
};
#define ICR_GRANTED ((uint64_t)(ICR_VECTOR | ICR_LEVEL_ASSERT | ICR_SHORTHAND_SELF))

static bool write_lvt_timer(uint64_t value)
{
    const uint64_t modes = LVT_TIMER_PERIODIC | LVT_TIMER_DEADLINE;

    /* Is it a fixed interrupt of an allowed vector, or masked, in one of the three modes? */
    if ((value & ~LVT_TIMER_GRANTED) != 0 || (value & modes) == modes) {
        return false;
    }
    if ((value & LVT_VECTOR) < VECTOR_FIRST_EXTERNAL && (value & LVT_MASKED) == 0) {
        return false;
    }
    /* All checks passed: nothing below can fail. */
    insn_wrmsr(MSR_IA32_X2APIC_LVT_TIMER, value);
    return true;
}

/* Does the manager run on the CPU with this x2APIC id? */
static bool is_managers(uint64_t apic_id)
{
    for (uint32_t cpu = 0; cpu < partitions[PARTITION_MANAGER].vcpu_count; cpu++) {
        if (percpus[cpu].apic_id == apic_id &&
            __atomic_load_n(&percpus[cpu].manager_runs, __ATOMIC_RELAXED) != SMP_MANAGER_NOT) {
            return true;
        }
    }
    return false;
}

static bool write_icr(uint64_t value)
{
    const uint64_t destination = value >> HIGH_HALF_SHIFT;
    const uint64_t command = (uint32_t)value;

    /* Is it fixed delivery of an allowed vector, to a physical id? */
    if ((command & ~ICR_GRANTED) != 0 || (command & ICR_VECTOR) < VECTOR_FIRST_EXTERNAL) {
        return false;
    }
    /* Does it go to a CPU of the manager's? */
    if ((command & ICR_SHORTHAND_SELF) == 0 && !is_managers(destination)) {
        return false;
    }
    /* All checks passed: nothing below can fail. */
    insn_wrmsr(MSR_IA32_X2APIC_ICR, value);
    return true;
}

static bool manager_read(uint32_t msr, uint64_t *value)
{
    switch (msr) {
    case MSR_IA32_APIC_BASE:
        *value = insn_rdmsr(MSR_IA32_APIC_BASE);
        return true;
    case MSR_IA32_ARCH_CAPABILITIES:
        *value = msr_policy_arch_capabilities();
        return true;
    case MSR_IA32_XSS:
        *value = 0;
        return cpuid_policy_has_xsaves();
    default:
        return false;
    }
}

static bool manager_write(uint32_t msr, uint64_t value)
{
    switch (msr) {
    case MSR_IA32_EFER:
        return efer_write(value);
    case MSR_IA32_STAR:
    case MSR_IA32_LSTAR:
    case MSR_IA32_CSTAR:
    case MSR_IA32_FMASK:
    case MSR_IA32_TSC_AUX:
        return world_write_msr(msr, value);
    case MSR_IA32_XSS:
        return cpuid_policy_has_xsaves() && value == 0;
    case MSR_IA32_X2APIC_LVT_TIMER:
        return write_lvt_timer(value);
    case MSR_IA32_X2APIC_ICR:
        return write_icr(value);
    default:
        return false;
    }
}

static void deny(uint32_t msr, uint64_t is_write, uint64_t value)
{
    audit_record(AUDIT_MANAGER_MSR_DENIED, msr, is_write, value);
    event_inject_exception_with_code(VECTOR_GP, 0);
}

void exit_manager_rdmsr(void)
{
    struct gpr_file *gpr = &vcpu_state()->gpr;
    uint64_t value = 0;

    if (!manager_read((uint32_t)gpr->rcx, &value)) {
        deny((uint32_t)gpr->rcx, 0, 0);
        return;
    }
    gpr->rax = (uint32_t)value;
    gpr->rdx = value >> HIGH_HALF_SHIFT;
    exit_skip_instruction();
}

void exit_manager_wrmsr(void)
{
    const struct gpr_file *gpr = &vcpu_state()->gpr;
    const uint64_t value = (uint32_t)gpr->rax | (gpr->rdx << HIGH_HALF_SHIFT);

    if (!manager_write((uint32_t)gpr->rcx, value)) {
        deny((uint32_t)gpr->rcx, 1, value);
        return;
    }
    exit_skip_instruction();
}
