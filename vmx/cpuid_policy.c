/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/cpuid_policy.h"

#include "vmx/cpuid_feature.h"
#include "vmx/cr_policy.h"

#define CACHE_SUBLEAVES       8u
#define BASIC_LEAVES          (CPUID_TDX + 1u)
#define EXTENDED_LEAVES       (CPUID_ADDRESS_SIZES - CPUID_MAX_EXTENDED + 1u)
#define APIC_ID_SHIFT         24u
#define TOPOLOGY_SUBLEAF_MASK 0xffu
#define HZ_PER_KHZ            1000u
#define KHZ_PER_MHZ           1000u
#define BUS_MHZ               100u /* nothing computes with it */

/* XSAVE area: legacy region and header, then AVX.  Source: Intel SDM Vol. 1, "XSAVE Area". */
#define XSAVE_BYTES_SSE   576u
#define XSAVE_BYTES_AVX   832u
#define XSAVE_AVX_SUBLEAF 2u

/* Answers that depend on nothing; the same for guests and the manager but for a few leaves. */
static struct cpuid_result basic_leaf[CPUID_BASIC_LEAVES]; /* before what differs by kind */
struct cpuid_result cpuid_policy_basic[CPUID_KINDS][CPUID_BASIC_LEAVES];
static struct cpuid_result cache_leaf[CACHE_SUBLEAVES];
static struct cpuid_result xsave_features; /* leaf 0xd, subleaf 1 */
static struct cpuid_result xsave_avx;      /* leaf 0xd, subleaf 2 */
static struct cpuid_result extended_leaf[EXTENDED_LEAVES];
static uint32_t native_1_ecx;
static uint32_t native_7_edx;

struct cpuid_policy cpuid_policy;

static const struct cpuid_result nothing;

/* "GenuineIntel", "IntelTDX    ", "Bulkhead" as CPUID spells them. */
static const struct cpuid_result tdx_signature = {0, 0x65746e49, 0x20202020, 0x5844546c};
static const struct cpuid_result core_signature = {CPUID_HYPERVISOR, 0x6b6c7542, 0x64616568, 0};
#define CLFLUSH_SIZE_MASK 0xff00u /* leaf 1, EBX */
#define ONE_LOGICAL_CPU   (1u << 16)

/* A leaf beyond the last would answer with another's content. */
static struct cpuid_result native_basic(uint32_t leaf, uint32_t subleaf)
{
    return leaf <= insn_cpuid(CPUID_MAX_BASIC, 0).eax ? insn_cpuid(leaf, subleaf) : nothing;
}

static void make_features(void)
{
    const struct cpuid_result native = native_basic(CPUID_FEATURES, 0);
    const struct cpuid_result native_7 = native_basic(CPUID_STRUCTURED_FEATURES, 0);

    basic_leaf[CPUID_FEATURES].eax = native.eax;
    basic_leaf[CPUID_FEATURES].ebx = (native.ebx & CLFLUSH_SIZE_MASK) | ONE_LOGICAL_CPU;
    basic_leaf[CPUID_FEATURES].ecx = (native.ecx & CPUID_1_ECX_SEEN) | CPUID_1_ECX_PRESENTED;
    basic_leaf[CPUID_FEATURES].edx = native.edx & CPUID_1_EDX_SEEN;
    basic_leaf[CPUID_POWER].eax = CPUID_ARAT;
    basic_leaf[CPUID_STRUCTURED_FEATURES].ebx = native_7.ebx & CPUID_7_EBX_SEEN;
    basic_leaf[CPUID_STRUCTURED_FEATURES].ecx = native_7.ecx & CPUID_7_ECX_SEEN;
    basic_leaf[CPUID_STRUCTURED_FEATURES].edx = (native_7.edx & CPUID_7_EDX_SEEN) | CPUID_ARCH_CAPABILITIES;
    native_1_ecx = native.ecx;
    native_7_edx = native_7.edx;
}

static void make_caches(void)
{
    basic_leaf[CPUID_DESCRIPTORS] = native_basic(CPUID_DESCRIPTORS, 0);
    for (uint32_t n = 0; n < CACHE_SUBLEAVES; n++) {
        cache_leaf[n] = native_basic(CPUID_CACHES, n);
    }
}

static void make_xsave(bool has_xsaves)
{
    uint32_t seen = CPUID_XSAVEOPT | CPUID_XSAVEC | CPUID_XGETBV_1 | (has_xsaves ? CPUID_XSAVES : 0);

    cpuid_policy.xcr0 = 0;
    xsave_features = nothing;
    xsave_avx = nothing;
    /* Without XSAVE there is no AVX either. */
    if ((native_1_ecx & CPUID_XSAVE_BIT) == 0) {
        basic_leaf[CPUID_FEATURES].ecx &= ~(uint32_t)(CPUID_AVX | CPUID_FMA | CPUID_F16C);
        return;
    }
    cpuid_policy.xcr0 = native_basic(CPUID_XSAVE, 0).eax & CR_POLICY_XCR0;
    xsave_features.eax = native_basic(CPUID_XSAVE, 1).eax & seen;
    if ((cpuid_policy.xcr0 & XCR0_AVX) != 0) {
        xsave_avx = native_basic(CPUID_XSAVE, XSAVE_AVX_SUBLEAF);
    }
}

/* The frequency of the TSC as crystal * EBX / EAX, so that nobody calibrates. */
static void make_tsc(uint64_t tsc_khz)
{
    const uint32_t numerator = tsc_khz * HZ_PER_KHZ <= UINT32_MAX ? 1 : 2;

    basic_leaf[CPUID_TSC].eax = 1;
    basic_leaf[CPUID_TSC].ebx = numerator;
    basic_leaf[CPUID_TSC].ecx = (uint32_t)(tsc_khz * HZ_PER_KHZ / numerator);
    basic_leaf[CPUID_FREQUENCY].eax = (uint32_t)(tsc_khz / KHZ_PER_MHZ);
    basic_leaf[CPUID_FREQUENCY].ebx = (uint32_t)(tsc_khz / KHZ_PER_MHZ);
    basic_leaf[CPUID_FREQUENCY].ecx = BUS_MHZ;
}

static struct cpuid_result *extended(uint32_t leaf)
{
    return &extended_leaf[leaf - CPUID_MAX_EXTENDED];
}

static void make_extended(void)
{
    const uint32_t last = insn_cpuid(CPUID_MAX_EXTENDED, 0).eax;

    for (uint32_t leaf = CPUID_EXTENDED_FEATURES; leaf <= CPUID_ADDRESS_SIZES; leaf++) {
        *extended(leaf) = leaf <= last ? insn_cpuid(leaf, 0) : nothing;
    }
}

static void restrict_extended(void)
{
    *extended(CPUID_MAX_EXTENDED) = (struct cpuid_result){CPUID_ADDRESS_SIZES, 0, 0, 0};
    extended(CPUID_EXTENDED_FEATURES)->ebx = 0;
    extended(CPUID_EXTENDED_FEATURES)->ecx &= CPUID_EXTENDED_1_ECX_SEEN;
    extended(CPUID_EXTENDED_FEATURES)->edx &= CPUID_EXTENDED_1_EDX_SEEN;
    *extended(CPUID_CACHE_L1) = nothing;
    *extended(CPUID_INVARIANT_TSC) = (struct cpuid_result){0, 0, 0, CPUID_INVARIANT_TSC_BIT};
    extended(CPUID_ADDRESS_SIZES)->eax &= CPUID_ADDRESS_SIZES_SEEN;
    extended(CPUID_ADDRESS_SIZES)->ebx = 0;
    extended(CPUID_ADDRESS_SIZES)->ecx = 0;
    extended(CPUID_ADDRESS_SIZES)->edx = 0;
}

/* What a guest sees and the manager does not, and the other way round. */
static void make_kinds(void)
{
    struct cpuid_result *manager = cpuid_policy_basic[CPUID_MANAGER];
    struct cpuid_result *guest = cpuid_policy_basic[CPUID_GUEST];

    for (uint32_t leaf = 0; leaf < CPUID_BASIC_LEAVES; leaf++) {
        manager[leaf] = basic_leaf[leaf];
        guest[leaf] = basic_leaf[leaf];
    }
    manager[CPUID_MAX_BASIC].eax = CPUID_FREQUENCY;
    guest[CPUID_MAX_BASIC].eax = CPUID_TDX;
    guest[CPUID_TDX] = tdx_signature;
    /* A guest's deadline timer is the core's, the manager's is its CPU's. */
    if ((native_1_ecx & CPUID_TSC_DEADLINE) == 0) {
        manager[CPUID_FEATURES].ecx &= ~(uint32_t)CPUID_TSC_DEADLINE;
    }
}

void cpuid_policy_init(uint64_t tsc_khz, bool has_xsaves)
{
    basic_leaf[CPUID_MAX_BASIC] = insn_cpuid(CPUID_MAX_BASIC, 0);
    make_features();
    make_caches();
    make_xsave(has_xsaves);
    make_tsc(tsc_khz);
    make_extended();
    restrict_extended();
    make_kinds();
    cpuid_policy.spec_ctrl = (native_7_edx & (CPUID_SPEC_CTRL | CPUID_STIBP | CPUID_SSBD)) != 0;
    cpuid_policy.pred_cmd = (native_7_edx & CPUID_SPEC_CTRL) != 0;
    cpuid_policy.flush_cmd = (native_7_edx & CPUID_L1D_FLUSH) != 0;
    cpuid_policy.arch_capabilities = (native_7_edx & CPUID_ARCH_CAPABILITIES) != 0;
    cpuid_policy.tsc_aux = (extended(CPUID_EXTENDED_FEATURES)->edx & CPUID_RDTSCP) != 0;
    cpuid_policy.xsaves = (xsave_features.eax & CPUID_XSAVES) != 0;
}

static struct cpuid_result answer_xsave(const struct cpuid_context *context, uint32_t subleaf)
{
    const uint32_t enabled = (context->xcr0 & XCR0_AVX) != 0 ? XSAVE_BYTES_AVX : XSAVE_BYTES_SSE;
    const uint32_t most = (cpuid_policy.xcr0 & XCR0_AVX) != 0 ? XSAVE_BYTES_AVX : XSAVE_BYTES_SSE;

    if (cpuid_policy.xcr0 == 0) {
        return nothing;
    }
    switch (subleaf) {
    case 0:
        return (struct cpuid_result){(uint32_t)cpuid_policy.xcr0, enabled, most, 0};
    case 1:
        return (struct cpuid_result){xsave_features.eax, enabled, 0, 0};
    case XSAVE_AVX_SUBLEAF:
        return xsave_avx;
    default:
        return nothing;
    }
}

static struct cpuid_result answer_features(const struct cpuid_context *context)
{
    struct cpuid_result result = cpuid_policy_basic[context->kind][CPUID_FEATURES];

    result.ebx |= context->apic_id << APIC_ID_SHIFT;
    result.ecx |= context->osxsave ? (uint32_t)CPUID_OSXSAVE : 0;
    return result;
}

static struct cpuid_result answer_basic(const struct cpuid_context *context, uint32_t leaf, uint32_t subleaf)
{
    switch (leaf) {
    case CPUID_FEATURES:
        return answer_features(context);
    case CPUID_CACHES:
        return subleaf < CACHE_SUBLEAVES ? cache_leaf[subleaf] : nothing;
    case CPUID_TOPOLOGY: /* no level is told: the APIC id alone */
        return (struct cpuid_result){0, 0, subleaf & TOPOLOGY_SUBLEAF_MASK, context->apic_id};
    case CPUID_XSAVE:
        return answer_xsave(context, subleaf);
    case CPUID_STRUCTURED_FEATURES:
    case CPUID_TDX:
        return subleaf == 0 ? cpuid_policy_basic[context->kind][leaf] : nothing;
    default:
        return cpuid_policy_basic[context->kind][leaf];
    }
}

struct cpuid_result cpuid_policy_answer(const struct cpuid_context *context, uint32_t leaf, uint32_t subleaf)
{
    if (leaf < CPUID_BASIC_LEAVES) {
        return answer_basic(context, leaf, subleaf);
    }
    if (leaf >= CPUID_MAX_EXTENDED && leaf - CPUID_MAX_EXTENDED < EXTENDED_LEAVES) {
        return extended_leaf[leaf - CPUID_MAX_EXTENDED];
    }
    /* A guest sees no hypervisor by name: Linux would look for its paravirtual MSRs. */
    if (leaf == CPUID_HYPERVISOR && context->kind == CPUID_MANAGER) {
        return core_signature;
    }
    return nothing;
}
