/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_CPUID_POLICY_H
#define VMX_CPUID_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/insn.h"

/*
 * What CPUID answers: fixed tables, made once at boot from what the CPU says and from lists of what a
 * partition may see (docs/exits.md).  The exit only looks up.
 * Source: Intel SDM Vol. 2A, "CPUID - CPU Identification".
 */
enum cpuid_leaf {
    CPUID_MAX_BASIC = 0x0,
    CPUID_FEATURES = 0x1,
    CPUID_DESCRIPTORS = 0x2,
    CPUID_CACHES = 0x4,
    CPUID_POWER = 0x6,
    CPUID_STRUCTURED_FEATURES = 0x7,
    CPUID_TOPOLOGY = 0xb,
    CPUID_XSAVE = 0xd,
    CPUID_TSC = 0x15,
    CPUID_FREQUENCY = 0x16,
    CPUID_TDX = 0x21,
    CPUID_HYPERVISOR = 0x40000000,
    CPUID_MAX_EXTENDED = 0x80000000,
    CPUID_EXTENDED_FEATURES = 0x80000001,
    CPUID_BRAND_FIRST = 0x80000002,
    CPUID_BRAND_LAST = 0x80000004,
    CPUID_CACHE_L1 = 0x80000005,
    CPUID_CACHE_L2 = 0x80000006,
    CPUID_INVARIANT_TSC = 0x80000007,
    CPUID_ADDRESS_SIZES = 0x80000008,
};

enum cpuid_kind { CPUID_MANAGER = 0, CPUID_GUEST = 1 };

/* What an answer depends on besides leaf and subleaf. */
struct cpuid_context {
    enum cpuid_kind kind;
    uint32_t apic_id;
    uint64_t xcr0;
    bool osxsave; /* CR4.OSXSAVE; read for CPUID_FEATURES only */
};

/* Makes the tables of this machine.  tsc_khz: ticks of the TSC per millisecond.  has_xsaves: partitions can execute
 * XSAVES. */
void cpuid_policy_init(uint64_t tsc_khz, bool has_xsaves);

struct cpuid_result cpuid_policy_answer(const struct cpuid_context *context, uint32_t leaf, uint32_t subleaf);

/* Components XCR0 can have: CR_POLICY_XCR0 as far as the CPU has them; 0: no XSAVE. */
uint64_t cpuid_policy_xcr0(void);

/* What the CPU has natively and the MSR policy asks for. */
bool cpuid_policy_has_spec_ctrl(void);
bool cpuid_policy_has_pred_cmd(void);
bool cpuid_policy_has_flush_cmd(void);
bool cpuid_policy_has_arch_capabilities(void);
bool cpuid_policy_has_tsc_aux(void);
bool cpuid_policy_has_xsaves(void);

#endif
