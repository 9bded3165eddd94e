/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_CPUID_POLICY_H
#define VMX_CPUID_POLICY_H

#include <stdbool.h>
#include <stddef.h>
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
#define CPUID_KINDS        2u
#define CPUID_BASIC_LEAVES (CPUID_TDX + 1u)
/* Bit n: what basic leaf n answers depends on the subleaf, the vCPU or its state. */
#define CPUID_LEAVES_THAT_DEPEND                                                                             \
    (1ull << CPUID_FEATURES | 1ull << CPUID_CACHES | 1ull << CPUID_STRUCTURED_FEATURES |                     \
     1ull << CPUID_TOPOLOGY | 1ull << CPUID_XSAVE | 1ull << CPUID_TDX)

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

extern struct cpuid_result cpuid_policy_basic[CPUID_KINDS][CPUID_BASIC_LEAVES];

/* The answer where it is always the same; NULL: ask cpuid_policy_answer(). */
static inline const struct cpuid_result *cpuid_policy_fixed(enum cpuid_kind kind, uint32_t leaf)
{
    return leaf < CPUID_BASIC_LEAVES && (CPUID_LEAVES_THAT_DEPEND >> leaf & 1) == 0
               ? &cpuid_policy_basic[kind][leaf]
               : NULL;
}

__attribute__((noinline)) struct cpuid_result cpuid_policy_answer(const struct cpuid_context *context,
                                                                  uint32_t leaf, uint32_t subleaf);

/* What the other policies ask for; set once at boot. */
struct cpuid_policy {
    uint64_t xcr0; /* components XCR0 can have: CR_POLICY_XCR0 as far as the CPU has them; 0: no XSAVE */
    /* Has the CPU these MSRs, and XSAVES? */
    bool spec_ctrl;
    bool pred_cmd;
    bool flush_cmd;
    bool arch_capabilities;
    bool tsc_aux;
    bool xsaves;
};
extern struct cpuid_policy cpuid_policy;

static inline uint64_t cpuid_policy_xcr0(void)
{
    return cpuid_policy.xcr0;
}

static inline bool cpuid_policy_has_spec_ctrl(void)
{
    return cpuid_policy.spec_ctrl;
}

static inline bool cpuid_policy_has_pred_cmd(void)
{
    return cpuid_policy.pred_cmd;
}

static inline bool cpuid_policy_has_flush_cmd(void)
{
    return cpuid_policy.flush_cmd;
}

static inline bool cpuid_policy_has_arch_capabilities(void)
{
    return cpuid_policy.arch_capabilities;
}

static inline bool cpuid_policy_has_tsc_aux(void)
{
    return cpuid_policy.tsc_aux;
}

static inline bool cpuid_policy_has_xsaves(void)
{
    return cpuid_policy.xsaves;
}

#endif
