/* SPDX-License-Identifier: Apache-2.0 */
/* Registers that no VMCS holds: a guest and the manager each fill all of them, again and again, and each must find
 * its own and nothing of the other's. */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"

#define ROUNDS           8u
#define VECTOR_GP        13u
#define VECTORS_USED     16u
#define CR4_OSFXSR       (1u << 9)
#define CR4_OSXMMEXCPT   (1u << 10)
#define CR4_OSXSAVE      (1u << 18)
#define CR0_MP           2u
#define CR0_EM           4u
#define XCR0_X87_SSE     3u
#define XCR0_X87_SSE_AVX 7u
#define GUEST_SEED       0x1111111111110000ull
#define MANAGER_SEED     0x2222222222220000ull

static const uint32_t msrs[] = {0xc0000081, 0xc0000082, 0xc0000083, 0xc0000102};
#define MSRS (sizeof(msrs) / sizeof(msrs[0]))

struct vector256 {
    uint64_t word[4];
} __attribute__((aligned(32)));

static struct vector256 vectors[VECTORS_USED];

static void xcr0_set(uint32_t features)
{
    __asm__ volatile("xsetbv" ::"c"(0), "a"(features), "d"(0));
}

static uint32_t xcr0_get(void)
{
    uint32_t features;

    __asm__ volatile("xgetbv" : "=a"(features) : "c"(0) : "edx");
    return features;
}

static void enable_vectors(void)
{
    uint64_t cr0;
    uint64_t cr4;

    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %0, %%cr0" ::"r"((cr0 | CR0_MP) & ~(uint64_t)CR0_EM));
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr4" ::"r"(cr4 | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE));
    xcr0_set(XCR0_X87_SSE_AVX);
}

#define EACH_VECTOR(move)                                                                                    \
    move(0) move(1) move(2) move(3) move(4) move(5) move(6) move(7) move(8) move(9) move(10) move(11)        \
        move(12) move(13) move(14) move(15)
#define LOAD(n)  __asm__ volatile("vmovdqu %0, %%ymm" #n ::"m"(vectors[n]));
#define STORE(n) __asm__ volatile("vmovdqu %%ymm" #n ", %0" : "=m"(vectors[n]));

static uint64_t pattern(uint64_t seed, uint64_t place)
{
    return seed + place * 0x101;
}

static void write_msr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static uint64_t read_msr(uint32_t msr)
{
    uint32_t low;
    uint32_t high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static void fill(uint64_t seed)
{
    for (uint32_t n = 0; n < VECTORS_USED; n++) {
        for (uint32_t w = 0; w < 4; w++) {
            vectors[n].word[w] = pattern(seed, n * 4 + w);
        }
    }
    EACH_VECTOR(LOAD)
    for (uint32_t n = 0; n < MSRS; n++) {
        write_msr(msrs[n], pattern(seed, n) & 0x7fffffffffff);
    }
    __asm__ volatile("mov %0, %%dr0" ::"r"(pattern(seed, 0) & 0x7fffffffffff));
    __asm__ volatile("mov %0, %%dr3" ::"r"(pattern(seed, 3) & 0x7fffffffffff));
    __asm__ volatile("mov %0, %%cr2" ::"r"(pattern(seed, 4)));
}

static uint64_t wrong(uint64_t seed)
{
    uint64_t count = 0;
    uint64_t value;

    EACH_VECTOR(STORE)
    for (uint32_t n = 0; n < VECTORS_USED; n++) {
        for (uint32_t w = 0; w < 4; w++) {
            count += vectors[n].word[w] != pattern(seed, n * 4 + w);
        }
    }
    for (uint32_t n = 0; n < MSRS; n++) {
        count += read_msr(msrs[n]) != (pattern(seed, n) & 0x7fffffffffff);
    }
    __asm__ volatile("mov %%dr0, %0" : "=r"(value));
    count += value != (pattern(seed, 0) & 0x7fffffffffff);
    __asm__ volatile("mov %%dr3, %0" : "=r"(value));
    count += value != (pattern(seed, 3) & 0x7fffffffffff);
    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    count += value != pattern(seed, 4);
    return count;
}

/* A new guest finds every vector register zero, then keeps its own through ROUNDS switches. */
static void guest_of_registers(void)
{
    uint64_t left = 0;
    uint64_t value;

    enable_vectors();
    EACH_VECTOR(STORE)
    for (uint32_t n = 0; n < VECTORS_USED; n++) {
        for (uint32_t w = 0; w < 4; w++) {
            left += vectors[n].word[w] != 0;
        }
    }
    for (uint32_t n = 0; n < MSRS; n++) {
        left += read_msr(msrs[n]) != 0;
    }
    __asm__ volatile("mov %%dr0, %0" : "=r"(value));
    left += value != 0;
    __asm__ volatile("mov %%dr3, %0" : "=r"(value));
    left += value != 0;
    guest_say(left);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        fill(GUEST_SEED + round);
        guest_say(0);
        guest_say(wrong(GUEST_SEED + round));
    }
    xcr0_set(XCR0_X87_SSE);
    guest_say(0);
    guest_say(xcr0_get());
}

/* XRSTORS of a component that only a supervisor may name: IA32_XSS is 0 for ever. */
static void system_components(void)
{
    static uint8_t area[4096] __attribute__((aligned(64)));
    uint64_t value;

    *(uint64_t *)(area + 512) = 1u << 8;              /* XSTATE_BV: processor trace */
    *(uint64_t *)(area + 520) = 1ull << 63 | 1u << 8; /* XCOMP_BV: compacted, with it */
    __asm__ volatile("8:\txrstors64 %1\n\tmov $0xff, %%eax\n9:\n\t"
                     ".pushsection .fixups, \"a\"\n\t.quad 8b, 9b\n\t.popsection"
                     : "=a"(value)
                     : "m"(area), "a"(1u << 8), "d"(0)
                     : "memory");
    tiny_check("XRSTORS with a system component faults", value != TINY_NO_FAULT);
    tiny_check("IA32_XSS can be nothing but 0", tiny_try_wrmsr(0xda0, 1u << 8) == VECTOR_GP);
}

void tiny_main(const struct boot_info *boot)
{
    struct tiny_guest guest;
    struct tiny_run run = {0};
    uint64_t mine = 0;
    uint64_t theirs = 0;
    uint64_t said = 1;

    enable_vectors();
    fill(MANAGER_SEED);
    if (!tiny_guest_make(&guest, guest_of_registers)) {
        tiny_check("a guest can be made", false);
        return;
    }
    run.vcpu = guest.vcpu;
    fill(MANAGER_SEED);
    tiny_check("the guest runs", tiny_guest_run(&run, 100, &said));
    tiny_check_equal("a new guest finds nothing in its registers", said, 0);
    tiny_check_equal("the manager finds its own", wrong(MANAGER_SEED), 0);
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        tiny_check("the guest fills its registers", tiny_guest_run(&run, 100, &said));
        mine += wrong(MANAGER_SEED + round - 1);
        fill(MANAGER_SEED + round);
        tiny_check("the guest looks at its registers", tiny_guest_run(&run, 100, &said));
        theirs += said;
        mine += wrong(MANAGER_SEED + round);
    }
    tiny_check_equal("the manager always found its own", mine, 0);
    tiny_check_equal("the guest always found its own", theirs, 0);
    tiny_check("the guest takes AVX from itself", tiny_guest_run(&run, 100, &said));
    tiny_check_equal("the manager still has AVX", xcr0_get(), XCR0_X87_SSE_AVX);
    tiny_check("the guest goes on", tiny_guest_run(&run, 100, &said));
    tiny_check_equal("without it", said, XCR0_X87_SSE);
    system_components();
    tiny_check("it can be destroyed", tiny_guest_unmake(&guest));
}
