/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_INSN_H
#define MANAGER_INSN_H

#include <stdbool.h>
#include <stdint.h>

/* All inline assembly of the manager.  Instructions have their names of the Intel SDM. */

static inline void insn_outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t insn_inb(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void insn_wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t insn_rdmsr(uint32_t msr)
{
    uint32_t low;
    uint32_t high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline uint64_t insn_rdtsc(void)
{
    uint32_t low;
    uint32_t high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* False where the generator had nothing to give. */
static inline bool insn_rdrand(uint64_t *value)
{
    bool given;
    __asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(given));
    return given;
}

static inline void insn_cpuid(uint32_t leaf, uint32_t *ecx)
{
    uint32_t eax = leaf;
    uint32_t ebx;
    uint32_t edx;
    *ecx = 0;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(*ecx), "=d"(edx));
}

static inline void insn_cli(void)
{
    __asm__ volatile("cli" : : : "memory");
}

static inline void insn_sti(void)
{
    __asm__ volatile("sti" : : : "memory");
}

/* Wait for an interrupt: one that comes between the two instructions still ends the HLT. */
static inline void insn_sti_hlt(void)
{
    __asm__ volatile("sti; hlt" : : : "memory");
}

static inline void insn_hlt(void)
{
    __asm__ volatile("hlt" : : : "memory");
}

static inline uint64_t insn_read_cr2(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

static inline void insn_write_cr3(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline void insn_lidt(const void *pointer)
{
    __asm__ volatile("lidt (%0)" : : "r"(pointer) : "memory");
}

static inline void insn_rep_movsq(void *to, const void *from, uint64_t words)
{
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

static inline void insn_rep_stosq(void *to, uint64_t value, uint64_t words)
{
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(value) : "memory");
}

#endif
