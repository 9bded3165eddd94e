/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_INSN_H
#define ARCH_X86_64_INSN_H

#include <stdbool.h>
#include <stdint.h>

/* In place of arch/x86_64/insn.h: what the files under test use of it, answered by tests/unit/vmx_fake.c. */
struct cpuid_result {
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;
};

struct cpuid_result insn_cpuid(uint32_t leaf, uint32_t subleaf);
uint64_t insn_rdmsr(uint32_t msr);
void insn_wrmsr(uint32_t msr, uint64_t value);
void insn_xsetbv(uint32_t index, uint64_t value);
uint64_t insn_read_cr0(void);
uint64_t insn_read_cr4(void);
uint64_t insn_read_dr6(void);
void insn_write_dr6(uint64_t value);
uint64_t insn_read_gs_quadword(uint64_t offset);

#endif
