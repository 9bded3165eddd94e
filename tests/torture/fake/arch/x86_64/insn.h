/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_INSN_H
#define ARCH_X86_64_INSN_H

#include <stdbool.h>
#include <stdint.h>

/* In place of arch/x86_64/insn.h: one CPU whose registers and VMCSs are tests/torture/machine.c. */
struct cpuid_result {
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;
};
struct descriptor_table_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));
enum invept_type { INVEPT_SINGLE_CONTEXT = 1, INVEPT_GLOBAL = 2 };
enum invvpid_type { INVVPID_ADDRESS = 0, INVVPID_SINGLE_CONTEXT = 1, INVVPID_ALL_CONTEXTS = 2 };

struct cpuid_result insn_cpuid(uint32_t leaf, uint32_t subleaf);
uint64_t insn_rdtsc(void);
uint64_t insn_rdmsr(uint32_t msr);
void insn_wrmsr(uint32_t msr, uint64_t value);
uint64_t insn_read_cr0(void);
uint64_t insn_read_cr2(void);
void insn_write_cr2(uint64_t value);
uint64_t insn_read_cr4(void);
uint64_t insn_read_dr0(void);
uint64_t insn_read_dr1(void);
uint64_t insn_read_dr2(void);
uint64_t insn_read_dr3(void);
uint64_t insn_read_dr6(void);
uint64_t insn_read_dr7(void);
void insn_write_dr0(uint64_t value);
void insn_write_dr1(uint64_t value);
void insn_write_dr2(uint64_t value);
void insn_write_dr3(uint64_t value);
void insn_write_dr6(uint64_t value);
void insn_write_dr7(uint64_t value);
void insn_xsetbv(uint32_t index, uint64_t value);
void insn_xsave(void *area, uint64_t mask);
void insn_xrstor(const void *area, uint64_t mask);
void insn_unblock_nmi(void);
void insn_clflush(const void *at);
void insn_mfence(void);
void insn_lfence(void);
void insn_pause(void);
void insn_wbinvd(void);
uint64_t insn_read_gs_quadword(uint64_t offset);
bool insn_vmclear(uint64_t vmcs);
bool insn_vmptrld(uint64_t vmcs);
bool insn_vmread(uint64_t field, uint64_t *value);
bool insn_vmwrite(uint64_t field, uint64_t value);
bool insn_invept(enum invept_type type, uint64_t eptp);
bool insn_invvpid(enum invvpid_type type, uint16_t vpid);

#endif
