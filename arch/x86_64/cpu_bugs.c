/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/cpu_bugs.h"

#include "arch/x86_64/console.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/msr.h"

#define CPUID_MAX_LEAF           0u
#define CPUID_STRUCTURED         7u
#define VENDOR_GENU              0x756e6547u
#define VENDOR_INEI              0x49656e69u
#define VENDOR_NTEL              0x6c65746eu
#define CPUID_STRUCTURED_EBX_RTM (1u << 11)

enum structured_edx {
    EDX_MD_CLEAR = 1 << 10,
    EDX_IBRS_IBPB = 1 << 26,
    EDX_L1D_FLUSH = 1 << 28,
    EDX_ARCH_CAPABILITIES = 1 << 29,
};

struct cpu_bugs cpu_bugs;

static bool has(uint64_t word, uint64_t bits)
{
    return (word & bits) == bits;
}

struct cpu_bugs cpu_bugs_decide(bool intel, uint32_t structured_edx, bool rtm, uint64_t capabilities)
{
    const bool l1tf = !has(capabilities, ARCH_CAP_RDCL_NO);
    const bool mds = !has(capabilities, ARCH_CAP_MDS_NO) || (rtm && !has(capabilities, ARCH_CAP_TAA_NO));
    const bool stale =
        has(capabilities, ARCH_CAP_FB_CLEAR) && !has(capabilities, ARCH_CAP_FBSDP_NO | ARCH_CAP_PSDP_NO);
    const bool files = has(capabilities, ARCH_CAP_RFDS_CLEAR) && !has(capabilities, ARCH_CAP_RFDS_NO);
    const bool clears = has(structured_edx, EDX_MD_CLEAR) || stale || files;
    struct cpu_bugs bugs = {
        /* SKIP_L1DFL_VMENTRY is a hypervisor above us that flushes. */
        .l1d = l1tf && has(structured_edx, EDX_L1D_FLUSH) && !has(capabilities, ARCH_CAP_SKIP_L1DFL_VMENTRY),
        .verw = clears && (mds || stale || files),
        .barrier = has(structured_edx, EDX_IBRS_IBPB),
        .return_stack = has(structured_edx, EDX_IBRS_IBPB) && !intel,
        .large_executable = has(capabilities, ARCH_CAP_IF_PSCHANGE_MC_NO),
        .l1tf_open =
            l1tf && !has(structured_edx, EDX_L1D_FLUSH) && !has(capabilities, ARCH_CAP_SKIP_L1DFL_VMENTRY),
        .mds_open = mds && !clears,
        .v2_open = !has(structured_edx, EDX_IBRS_IBPB),
    };

    bugs.flush = bugs.l1d || bugs.verw;
    return bugs;
}

static bool is_intel(void)
{
    const struct cpuid_result vendor = insn_cpuid(CPUID_MAX_LEAF, 0);

    return vendor.ebx == VENDOR_GENU && vendor.edx == VENDOR_INEI && vendor.ecx == VENDOR_NTEL;
}

void cpu_bugs_init(void)
{
    struct cpuid_result structured = {0};
    uint64_t capabilities = 0;

    if (insn_cpuid(CPUID_MAX_LEAF, 0).eax >= CPUID_STRUCTURED) {
        structured = insn_cpuid(CPUID_STRUCTURED, 0);
    }
    if ((structured.edx & EDX_ARCH_CAPABILITIES) != 0) {
        capabilities = insn_rdmsr(MSR_IA32_ARCH_CAPABILITIES);
    }
    cpu_bugs = cpu_bugs_decide(is_intel(), structured.edx, (structured.ebx & CPUID_STRUCTURED_EBX_RTM) != 0,
                               capabilities);
    if (cpu_bugs.l1tf_open || cpu_bugs.mds_open || cpu_bugs.v2_open) {
        console_line(
            "this CPU does not say it is free of L1TF, MDS or branch injection, nor can hold them off");
    }
}

void cpu_bugs_flush(void)
{
    if (percpu_this()->taint == 0) {
        return;
    }
    percpu_this()->taint = 0;
    if (cpu_bugs.l1d) {
        insn_wrmsr(MSR_IA32_FLUSH_CMD, FLUSH_CMD_L1D);
    }
    if (cpu_bugs.verw) {
        insn_verw(0);
    }
}

void cpu_bugs_barrier(void)
{
    insn_wrmsr(MSR_IA32_PRED_CMD, PRED_CMD_IBPB);
    if (cpu_bugs.return_stack) {
        insn_fill_return_stack();
    }
}
