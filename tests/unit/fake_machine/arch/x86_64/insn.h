/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_INSN_H
#define ARCH_X86_64_INSN_H

/* In place of arch/x86_64/insn.h in tests of what drives the machine: tests/unit/fake_machine.c answers. */
#include <stdbool.h>
#include <stdint.h>

uint8_t insn_inb(uint16_t port);
uint16_t insn_inw(uint16_t port);
uint32_t insn_inl(uint16_t port);
void insn_outb(uint16_t port, uint8_t value);
void insn_outw(uint16_t port, uint16_t value);
void insn_outl(uint16_t port, uint32_t value);
uint64_t insn_rdmsr(uint32_t msr);
void insn_wrmsr(uint32_t msr, uint64_t value);

struct cpuid_result {
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;
};

struct cpuid_result insn_cpuid(uint32_t leaf, uint32_t subleaf);
uint64_t insn_read_gs_quadword(uint64_t offset);
_Noreturn void insn_triple_fault(void);
/* Only where a test defines them. */
uint64_t insn_read_cr0(void);
uint64_t insn_read_cr4(void);
void insn_write_cr0(uint64_t value);
void insn_write_cr4(uint64_t value);
bool insn_vmxon(uint64_t address);

static inline void insn_mfence(void)
{
}

static inline void insn_lfence(void)
{
}

static inline void insn_pause(void)
{
}

static inline void insn_verw(uint16_t selector)
{
    (void)selector;
}

static inline void insn_fill_return_stack(void)
{
}

#endif
