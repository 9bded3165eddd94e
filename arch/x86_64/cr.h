/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_CR_H
#define ARCH_X86_64_CR_H

/* Control registers, XCR0, RFLAGS, debug registers.  Source: Intel SDM Vol. 3A, "Control Registers",
 * "Extended Control Registers", "Debug Registers". */
enum cr0_bits {
    CR0_PE = 1u << 0,
    CR0_MP = 1u << 1,
    CR0_EM = 1u << 2,
    CR0_TS = 1u << 3,
    CR0_ET = 1u << 4,
    CR0_NE = 1u << 5,
    CR0_WP = 1u << 16,
    CR0_AM = 1u << 18,
    CR0_NW = 1u << 29,
    CR0_CD = 1u << 30,
};
#define CR0_PG 0x80000000ull

enum cr4_bits {
    CR4_VME = 1u << 0,
    CR4_PVI = 1u << 1,
    CR4_TSD = 1u << 2,
    CR4_DE = 1u << 3,
    CR4_PSE = 1u << 4,
    CR4_PAE = 1u << 5,
    CR4_MCE = 1u << 6,
    CR4_PGE = 1u << 7,
    CR4_PCE = 1u << 8,
    CR4_OSFXSR = 1u << 9,
    CR4_OSXMMEXCPT = 1u << 10,
    CR4_UMIP = 1u << 11,
    CR4_LA57 = 1u << 12,
    CR4_VMXE = 1u << 13,
    CR4_SMXE = 1u << 14,
    CR4_FSGSBASE = 1u << 16,
    CR4_PCIDE = 1u << 17,
    CR4_OSXSAVE = 1u << 18,
    CR4_SMEP = 1u << 20,
    CR4_SMAP = 1u << 21,
    CR4_PKE = 1u << 22,
    CR4_CET = 1u << 23,
    CR4_PKS = 1u << 24,
    CR4_UINTR = 1u << 25,
};

enum xcr0_bits {
    XCR0_X87 = 1u << 0,
    XCR0_SSE = 1u << 1,
    XCR0_AVX = 1u << 2,
    XCR0_OPMASK = 1u << 5,
    XCR0_ZMM_HI256 = 1u << 6,
    XCR0_HI16_ZMM = 1u << 7,
    XCR0_PKRU = 1u << 9,
};

enum rflags_bits {
    RFLAGS_FIXED = 1u << 1,
    RFLAGS_TF = 1u << 8,
    RFLAGS_IF = 1u << 9,
    RFLAGS_RF = 1u << 16,
};

#define DR6_RESET 0xffff0ff0ull
#define DR7_RESET 0x400ull

#endif
