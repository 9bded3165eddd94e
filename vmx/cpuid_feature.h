/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_CPUID_FEATURE_H
#define VMX_CPUID_FEATURE_H

/* Feature bits of CPUID that a partition may see, or that the core presents, by register.
 * Source: Intel SDM Vol. 2A, "CPUID - CPU Identification". */

/* Leaf 1, ECX: as the CPU has them. */
enum cpuid_1_ecx {
    CPUID_SSE3 = 1u << 0,
    CPUID_PCLMULQDQ = 1u << 1,
    CPUID_SSSE3 = 1u << 9,
    CPUID_FMA = 1u << 12,
    CPUID_CX16 = 1u << 13,
    CPUID_PCID = 1u << 17,
    CPUID_SSE4_1 = 1u << 19,
    CPUID_SSE4_2 = 1u << 20,
    CPUID_X2APIC = 1u << 21,
    CPUID_MOVBE = 1u << 22,
    CPUID_POPCNT = 1u << 23,
    CPUID_TSC_DEADLINE = 1u << 24,
    CPUID_AESNI = 1u << 25,
    CPUID_XSAVE_BIT = 1u << 26,
    CPUID_OSXSAVE = 1u << 27,
    CPUID_AVX = 1u << 28,
    CPUID_F16C = 1u << 29,
    CPUID_RDRAND = 1u << 30,
};
#define CPUID_HYPERVISOR_BIT 0x80000000u
#define CPUID_1_ECX_SEEN                                                                                     \
    (CPUID_SSE3 | CPUID_PCLMULQDQ | CPUID_SSSE3 | CPUID_FMA | CPUID_CX16 | CPUID_PCID | CPUID_SSE4_1 |       \
     CPUID_SSE4_2 | CPUID_MOVBE | CPUID_POPCNT | CPUID_AESNI | CPUID_XSAVE_BIT | CPUID_AVX | CPUID_F16C |    \
     CPUID_RDRAND)
#define CPUID_1_ECX_PRESENTED (CPUID_X2APIC | CPUID_TSC_DEADLINE | CPUID_HYPERVISOR_BIT)

/* Leaf 1, EDX. */
enum cpuid_1_edx {
    CPUID_FPU = 1u << 0,
    CPUID_VME = 1u << 1,
    CPUID_DE = 1u << 2,
    CPUID_PSE = 1u << 3,
    CPUID_TSC_BIT = 1u << 4,
    CPUID_MSR = 1u << 5,
    CPUID_PAE = 1u << 6,
    CPUID_CX8 = 1u << 8,
    CPUID_APIC = 1u << 9,
    CPUID_SEP = 1u << 11,
    CPUID_PGE = 1u << 13,
    CPUID_CMOV = 1u << 15,
    CPUID_PAT = 1u << 16,
    CPUID_PSE36 = 1u << 17,
    CPUID_CLFSH = 1u << 19,
    CPUID_MMX = 1u << 23,
    CPUID_FXSR = 1u << 24,
    CPUID_SSE = 1u << 25,
    CPUID_SSE2 = 1u << 26,
    CPUID_SS = 1u << 27,
};
#define CPUID_1_EDX_SEEN                                                                                     \
    (CPUID_FPU | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC_BIT | CPUID_MSR | CPUID_PAE | CPUID_CX8 |      \
     CPUID_APIC | CPUID_SEP | CPUID_PGE | CPUID_CMOV | CPUID_PAT | CPUID_PSE36 | CPUID_CLFSH | CPUID_MMX |   \
     CPUID_FXSR | CPUID_SSE | CPUID_SSE2 | CPUID_SS)

/* Leaf 7, EBX. */
enum cpuid_7_ebx {
    CPUID_FSGSBASE = 1u << 0,
    CPUID_BMI1 = 1u << 3,
    CPUID_AVX2 = 1u << 5,
    CPUID_FDP_EXCPTN_ONLY = 1u << 6,
    CPUID_SMEP = 1u << 7,
    CPUID_BMI2 = 1u << 8,
    CPUID_ERMS = 1u << 9,
    CPUID_INVPCID = 1u << 10,
    CPUID_FCS_FDS_DEPRECATED = 1u << 13,
    CPUID_RDSEED = 1u << 18,
    CPUID_ADX = 1u << 19,
    CPUID_SMAP = 1u << 20,
    CPUID_CLFLUSHOPT = 1u << 23,
    CPUID_CLWB = 1u << 24,
    CPUID_SHA = 1u << 29,
};
#define CPUID_7_EBX_SEEN                                                                                     \
    (CPUID_FSGSBASE | CPUID_BMI1 | CPUID_AVX2 | CPUID_FDP_EXCPTN_ONLY | CPUID_SMEP | CPUID_BMI2 |            \
     CPUID_ERMS | CPUID_INVPCID | CPUID_FCS_FDS_DEPRECATED | CPUID_RDSEED | CPUID_ADX | CPUID_SMAP |         \
     CPUID_CLFLUSHOPT | CPUID_CLWB | CPUID_SHA)

/* Leaf 7, ECX. */
enum cpuid_7_ecx {
    CPUID_UMIP = 1u << 2,
    CPUID_RDPID = 1u << 22,
};
#define CPUID_7_ECX_SEEN (CPUID_UMIP | CPUID_RDPID)

/* Leaf 7, EDX. */
enum cpuid_7_edx {
    CPUID_FSRM = 1u << 4,
    CPUID_MD_CLEAR = 1u << 10,
    CPUID_SERIALIZE = 1u << 14,
    CPUID_SPEC_CTRL = 1u << 26, /* IBRS and IBPB: SPEC_CTRL and PRED_CMD */
    CPUID_STIBP = 1u << 27,
    CPUID_L1D_FLUSH = 1u << 28,
    CPUID_ARCH_CAPABILITIES = 1u << 29,
};
#define CPUID_SSBD 0x80000000u
#define CPUID_7_EDX_SEEN                                                                                     \
    (CPUID_FSRM | CPUID_MD_CLEAR | CPUID_SERIALIZE | CPUID_SPEC_CTRL | CPUID_STIBP | CPUID_L1D_FLUSH |       \
     CPUID_SSBD)

/* Leaf 6, EAX; leaf 0xd subleaf 1, EAX. */
#define CPUID_ARAT (1u << 2)
enum cpuid_d_1_eax {
    CPUID_XSAVEOPT = 1u << 0,
    CPUID_XSAVEC = 1u << 1,
    CPUID_XGETBV_1 = 1u << 2,
    CPUID_XSAVES = 1u << 3,
};

/* Extended leaves. */
enum cpuid_extended_1_ecx {
    CPUID_LAHF = 1u << 0,
    CPUID_LZCNT = 1u << 5,
    CPUID_PREFETCHW = 1u << 8,
};
#define CPUID_EXTENDED_1_ECX_SEEN (CPUID_LAHF | CPUID_LZCNT | CPUID_PREFETCHW)
enum cpuid_extended_1_edx {
    CPUID_SYSCALL = 1u << 11,
    CPUID_NX = 1u << 20,
    CPUID_PAGE1GB = 1u << 26,
    CPUID_RDTSCP = 1u << 27,
    CPUID_LM = 1u << 29,
};
#define CPUID_EXTENDED_1_EDX_SEEN (CPUID_SYSCALL | CPUID_NX | CPUID_PAGE1GB | CPUID_RDTSCP | CPUID_LM)
#define CPUID_INVARIANT_TSC_BIT   (1u << 8)
#define CPUID_ADDRESS_SIZES_SEEN  0xffffu /* physical and linear address bits */

#endif
