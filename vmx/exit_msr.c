/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/msr.h"

#include "arch/x86_64/vector.h"
#include "isolation/vcpu.h"
#include "vmx/cpuid_policy.h"
#include "vmx/efer.h"
#include "vmx/exit.h"
#include "vmx/exit_reason.h"
#include "vmx/msr_policy.h"
#include "vmx/vcpu_state.h"
#include "vmx/ve.h"
#include "vmx/vlapic.h"
#include "vmx/world.h"

#define X2APIC_FIRST     0x800u
#define X2APIC_LAST      0x8ffu
#define APIC_BASE_MEMORY 0xfee00000ull
#define HIGH_HALF_SHIFT  32u

/* IA32_MISC_ENABLE of every guest: fast strings; no branch trace store, no PEBS. */
enum misc_enable_bits {
    MISC_ENABLE_FAST_STRINGS = 1u << 0,
    MISC_ENABLE_BTS_UNAVAILABLE = 1u << 11,
    MISC_ENABLE_PEBS_UNAVAILABLE = 1u << 12,
};
#define GUEST_MISC_ENABLE                                                                                    \
    (MISC_ENABLE_FAST_STRINGS | MISC_ENABLE_BTS_UNAVAILABLE | MISC_ENABLE_PEBS_UNAVAILABLE)
/* IA32_XAPIC_DISABLE_STATUS: the x2APIC cannot be left. */
#define LEGACY_XAPIC_DISABLED 1ull

enum msr_result {
    MSR_DONE = 0,
    MSR_FAULT = 1, /* #GP(0) */
    MSR_VE = 2,    /* #VE: the guest asks by TDVMCALL */
    MSR_SENT = 3,  /* done; another vCPU has work now */
};

static enum msr_result from_vlapic(enum vlapic_result result)
{
    switch (result) {
    case VLAPIC_DONE:
        return MSR_DONE;
    case VLAPIC_SENT:
        return MSR_SENT;
    default:
        return MSR_FAULT;
    }
}

static uint64_t guest_apic_base(void)
{
    const uint64_t first = vcpus[percpu_this()->vcpu].index == 0 ? APIC_BASE_BSP : 0;

    return APIC_BASE_MEMORY | APIC_BASE_ENABLE | APIC_BASE_EXTD | first;
}

static enum msr_result guest_read(uint32_t msr, uint64_t *value)
{
    if (msr >= X2APIC_FIRST && msr <= X2APIC_LAST) {
        return from_vlapic(vlapic_read(msr, value));
    }
    switch (msr) {
    case MSR_IA32_TSC_DEADLINE:
        return from_vlapic(vlapic_read(msr, value));
    case MSR_IA32_APIC_BASE:
        *value = guest_apic_base();
        return MSR_DONE;
    case MSR_IA32_XAPIC_DISABLE_STATUS:
        *value = LEGACY_XAPIC_DISABLED;
        return MSR_DONE;
    case MSR_IA32_ARCH_CAPABILITIES:
        *value = msr_policy_arch_capabilities();
        return MSR_DONE;
    case MSR_IA32_MISC_ENABLE:
        *value = GUEST_MISC_ENABLE;
        return MSR_DONE;
    case MSR_IA32_XSS:
        *value = 0;
        return cpuid_policy_has_xsaves() ? MSR_DONE : MSR_FAULT;
    default:
        return MSR_VE;
    }
}

static enum msr_result guest_write(uint32_t msr, uint64_t value)
{
    if (msr >= X2APIC_FIRST && msr <= X2APIC_LAST) {
        return from_vlapic(vlapic_write(msr, value));
    }
    switch (msr) {
    case MSR_IA32_TSC_DEADLINE:
        return from_vlapic(vlapic_write(msr, value));
    case MSR_IA32_EFER:
        return efer_write(value) ? MSR_DONE : MSR_FAULT;
    case MSR_IA32_APIC_BASE: /* locked as it is */
        return value == guest_apic_base() ? MSR_DONE : MSR_FAULT;
    case MSR_IA32_STAR:
    case MSR_IA32_LSTAR:
    case MSR_IA32_CSTAR:
    case MSR_IA32_FMASK:
    case MSR_IA32_TSC_AUX:
        return world_write_msr(msr, value) ? MSR_DONE : MSR_FAULT;
    case MSR_IA32_XSS:
        return cpuid_policy_has_xsaves() && value == 0 ? MSR_DONE : MSR_FAULT;
    case MSR_IA32_XAPIC_DISABLE_STATUS:
    case MSR_IA32_ARCH_CAPABILITIES:
        return MSR_FAULT;
    default:
        return MSR_VE;
    }
}

static enum exit_next finish(enum msr_result result, uint32_t reason)
{
    switch (result) {
    case MSR_DONE:
        exit_skip_instruction();
        return NEXT_RESUME;
    case MSR_SENT:
        exit_skip_instruction();
        return run_return_wake();
    case MSR_VE:
        return ve_raise_instruction(reason);
    default:
        event_inject_exception_with_code(VECTOR_GP, 0);
        return NEXT_RESUME;
    }
}

static void give_value(struct gpr_file *gpr, uint64_t value)
{
    gpr->rax = (uint32_t)value;
    gpr->rdx = value >> HIGH_HALF_SHIFT;
}

static uint64_t written_value(const struct gpr_file *gpr)
{
    return (uint32_t)gpr->rax | (gpr->rdx << HIGH_HALF_SHIFT);
}

enum exit_next exit_rdmsr(void)
{
    struct gpr_file *gpr = &vcpu_state()->gpr;
    uint64_t value = 0;
    const enum msr_result result = guest_read((uint32_t)gpr->rcx, &value);

    if (result != MSR_DONE) {
        return finish(result, EXIT_RDMSR);
    }
    give_value(gpr, value);
    exit_skip_instruction();
    return NEXT_RESUME;
}

enum exit_next exit_wrmsr(void)
{
    const struct gpr_file *gpr = &vcpu_state()->gpr;

    return finish(guest_write((uint32_t)gpr->rcx, written_value(gpr)), EXIT_WRMSR);
}
