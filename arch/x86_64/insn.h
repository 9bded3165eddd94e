/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_INSN_H
#define ARCH_X86_64_INSN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Every instruction the core needs that C cannot say: all inline assembly is in this file.
 * Source: Intel SDM Vol. 2, "Instruction Set Reference"; Vol. 3C, "VMX Instruction Reference".
 */

static inline void insn_cli(void)
{
    __asm__ volatile("cli" ::: "memory");
}

static inline void insn_hlt(void)
{
    __asm__ volatile("hlt" ::: "memory");
}

static inline void insn_pause(void)
{
    __asm__ volatile("pause" ::: "memory");
}

static inline void insn_wbinvd(void)
{
    __asm__ volatile("wbinvd" ::: "memory");
}

static inline void insn_lfence(void)
{
    __asm__ volatile("lfence" ::: "memory");
}

static inline void insn_mfence(void)
{
    __asm__ volatile("mfence" ::: "memory");
}

/* Write the cache line of `at` back to memory, where what reads past the caches sees it. */
static inline void insn_clflush(const void *at)
{
    __asm__ volatile("clflush (%0)" ::"r"(at) : "memory");
}

static inline uint8_t insn_inb(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void insn_outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint16_t insn_inw(uint16_t port)
{
    uint16_t value;

    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void insn_outw(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint32_t insn_inl(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void insn_outl(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}

struct cpuid_result {
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;
};

static inline struct cpuid_result insn_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_result r;

    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
    return r;
}

static inline uint64_t insn_rdtsc(void)
{
    uint32_t low;
    uint32_t high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return ((uint64_t)high << 32) | low;
}

static inline uint64_t insn_rdmsr(uint32_t msr)
{
    uint32_t low;
    uint32_t high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return ((uint64_t)high << 32) | low;
}

static inline void insn_wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

#define INSN_CONTROL_REGISTER(name)                                                                          \
    static inline uint64_t insn_read_##name(void)                                                            \
    {                                                                                                        \
        uint64_t value;                                                                                      \
                                                                                                             \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(value)::"memory");                                     \
        return value;                                                                                        \
    }                                                                                                        \
    static inline void insn_write_##name(uint64_t value)                                                     \
    {                                                                                                        \
        __asm__ volatile("mov %0, %%" #name ::"r"(value) : "memory");                                        \
    }

INSN_CONTROL_REGISTER(cr0)
INSN_CONTROL_REGISTER(cr2)
INSN_CONTROL_REGISTER(cr3)
INSN_CONTROL_REGISTER(cr4)
INSN_CONTROL_REGISTER(dr0)
INSN_CONTROL_REGISTER(dr1)
INSN_CONTROL_REGISTER(dr2)
INSN_CONTROL_REGISTER(dr3)
INSN_CONTROL_REGISTER(dr6)
INSN_CONTROL_REGISTER(dr7)

static inline void insn_invlpg(const void *address)
{
    __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory");
}

struct descriptor_table_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));
_Static_assert(sizeof(struct descriptor_table_register) == 10, "the operand of LGDT and LIDT");

static inline void insn_lgdt(const struct descriptor_table_register *gdtr)
{
    __asm__ volatile("lgdt %0" ::"m"(*gdtr) : "memory");
}

static inline void insn_lidt(const struct descriptor_table_register *idtr)
{
    __asm__ volatile("lidt %0" ::"m"(*idtr) : "memory");
}

static inline void insn_ltr(uint16_t selector)
{
    __asm__ volatile("ltr %0" ::"r"(selector) : "memory");
}

/* Load CS with `code`, and the data segments and LDTR with null. */
static inline void insn_load_segments(uint16_t code)
{
    __asm__ volatile("pushq %0\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\txorl %%eax, %%eax\n\t"
                     "movl %%eax, %%ds\n\t"
                     "movl %%eax, %%es\n\t"
                     "movl %%eax, %%ss\n\t"
                     "movl %%eax, %%fs\n\t"
                     "movl %%eax, %%gs\n\t"
                     "lldt %%ax" ::"r"((uint64_t)code)
                     : "rax", "memory");
}

/* The quadword at `offset`, a constant, of the per-CPU segment.  Not volatile: for what never changes on a CPU once it runs, so
 * that the compiler may read it once in a function. */
static inline __attribute__((always_inline)) uint64_t insn_read_gs_quadword(uint64_t offset)
{
    uint64_t value;

    __asm__("movq %%gs:%c1, %0" : "=r"(value) : "i"(offset));
    return value;
}

/* The IRET that ends NMI blocking, to the next instruction. */
static inline void insn_unblock_nmi(void)
{
    __asm__ volatile("movq %%rsp, %%rax\n\t"
                     "pushq $0\n\t"
                     "pushq %%rax\n\t"
                     "pushfq\n\t"
                     "movl %%cs, %%eax\n\t"
                     "pushq %%rax\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "iretq\n"
                     "1:" ::
                         : "rax", "memory", "cc");
}

static inline void insn_xsetbv(uint32_t index, uint64_t value)
{
    __asm__ volatile("xsetbv" ::"c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline void insn_xsave(void *area, uint64_t mask)
{
    __asm__ volatile("xsave64 (%0)" ::"r"(area), "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32)) : "memory");
}

static inline void insn_xrstor(const void *area, uint64_t mask)
{
    __asm__ volatile("xrstor64 (%0)" ::"r"(area), "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32))
                     : "memory");
}

/* Overwrite the buffers that MDS-class attacks sample. */
static inline void insn_verw(uint16_t selector)
{
    __asm__ volatile("verw %0" ::"m"(selector) : "cc", "memory");
}

/* Fill the return stack buffer (32 entries at most) with calls that are never returned to by prediction of
 * another's making.  Source: Intel, "Retpoline: A Branch Target Injection Mitigation", "RSB stuffing". */
static inline void insn_fill_return_stack(void)
{
    __asm__ volatile(".rept 32\n\t"
                     "call 1f\n\t"
                     "int3\n"
                     "1:\n\t"
                     ".endr\n\t"
                     "addq $256, %%rsp\n\t"
                     "lfence" ::
                         : "memory", "cc");
}

/* An exception without an IDT: the CPU shuts down, which resets the machine. */
static inline void insn_triple_fault(void)
{
    const struct descriptor_table_register none = {0, 0};

    insn_lidt(&none);
    __asm__ volatile("ud2");
}

/* REP STOSQ: `count` quadwords of zero. */
static inline void insn_zero_quadwords(void *to, uint64_t count)
{
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(count) : "a"(0ull) : "memory", "cc");
}

/* VMX instructions: true where the instruction succeeded (CF = ZF = 0). */
static inline bool insn_vmxon(uint64_t region)
{
    bool failed;

    __asm__ volatile("vmxon %1" : "=@ccbe"(failed) : "m"(region) : "memory");
    return !failed;
}

static inline bool insn_vmclear(uint64_t vmcs)
{
    bool failed;

    __asm__ volatile("vmclear %1" : "=@ccbe"(failed) : "m"(vmcs) : "memory");
    return !failed;
}

static inline bool insn_vmptrld(uint64_t vmcs)
{
    bool failed;

    __asm__ volatile("vmptrld %1" : "=@ccbe"(failed) : "m"(vmcs) : "memory");
    return !failed;
}

/* Fields of a VMCS are not memory of the core's. */
static inline bool insn_vmread(uint64_t field, uint64_t *value)
{
    bool failed;

    __asm__ volatile("vmread %2, %1" : "=@ccbe"(failed), "=r"(*value) : "r"(field));
    return !failed;
}

static inline bool insn_vmwrite(uint64_t field, uint64_t value)
{
    bool failed;

    __asm__ volatile("vmwrite %2, %1" : "=@ccbe"(failed) : "r"(field), "r"(value));
    return !failed;
}

struct invept_descriptor {
    uint64_t eptp;
    uint64_t reserved;
};
_Static_assert(sizeof(struct invept_descriptor) == 16, "the operand of INVEPT");

enum invept_type { INVEPT_SINGLE_CONTEXT = 1, INVEPT_GLOBAL = 2 };

static inline bool insn_invept(enum invept_type type, uint64_t eptp)
{
    struct invept_descriptor descriptor = {eptp, 0};
    bool failed;

    __asm__ volatile("invept %1, %2" : "=@ccbe"(failed) : "m"(descriptor), "r"((uint64_t)type) : "memory");
    return !failed;
}

struct invvpid_descriptor {
    uint64_t vpid; /* bits 15:0; the rest zero */
    uint64_t linear_address;
};
_Static_assert(sizeof(struct invvpid_descriptor) == 16, "the operand of INVVPID");

enum invvpid_type { INVVPID_ADDRESS = 0, INVVPID_SINGLE_CONTEXT = 1, INVVPID_ALL_CONTEXTS = 2 };

static inline bool insn_invvpid(enum invvpid_type type, uint16_t vpid)
{
    struct invvpid_descriptor descriptor = {vpid, 0};
    bool failed;

    __asm__ volatile("invvpid %1, %2" : "=@ccbe"(failed) : "m"(descriptor), "r"((uint64_t)type) : "memory");
    return !failed;
}

#endif
