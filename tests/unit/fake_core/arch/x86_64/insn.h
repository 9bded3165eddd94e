/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_INSN_H
#define ARCH_X86_64_INSN_H

/* In place of arch/x86_64/insn.h in tests of single files (tests/unit/core.mk): the test answers what its file asks. */
#include <stdbool.h>
#include <stdint.h>

struct cpuid_result {
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;
};

struct cpuid_result insn_cpuid(uint32_t leaf, uint32_t subleaf);
uint64_t insn_rdmsr(uint32_t msr);
void insn_wrmsr(uint32_t msr, uint64_t value);
uint64_t insn_read_gs_quadword(uint64_t offset);
uint64_t insn_read_cr0(void);
uint64_t insn_read_cr2(void);
uint64_t insn_read_cr4(void);
void insn_write_cr0(uint64_t value);
void insn_write_cr3(uint64_t value);
void insn_write_cr4(uint64_t value);
void insn_invlpg(const void *address);
void insn_zero_quadwords(void *to, uint64_t count);
void insn_clflush(const void *at);
bool insn_vmxon(uint64_t region);
bool insn_vmclear(uint64_t vmcs);
void insn_unblock_nmi(void);

static inline void insn_mfence(void)
{
}

#endif
