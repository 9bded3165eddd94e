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

#define MSR_PAT       0x277u
#define MSR_TSC_AUX   0xc0000103u
#define MSR_SPEC_CTRL 0x48u
#define ADDRESS       0x7fffffffffffull
#define CR4_PKE       (1ull << 22)
#define DR6_NONE      0xffff0ff0ull
#define DR7_NONE      0x400ull
#define FCW_NEW       0x37fu
#define MXCSR_NEW     0x1f80u

/* MSRs, which of their bits take a pattern, and what a new vCPU finds there. */
static const struct {
    uint32_t msr;
    uint64_t mask, fresh;
} msrs[] = {
    {0xc0000081, ADDRESS, 0}, /* STAR, LSTAR, CSTAR, FMASK */
    {0xc0000082, ADDRESS, 0},
    {0xc0000083, ADDRESS, 0},
    {0xc0000084, 0xffffffff, 0},
    {0xc0000100, ADDRESS, 0}, /* FS_BASE, GS_BASE, KERNEL_GS_BASE */
    {0xc0000101, ADDRESS, 0},
    {0xc0000102, ADDRESS, 0},
    {0x174, 0xffff, 0}, /* SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP */
    {0x175, ADDRESS, 0},
    {0x176, ADDRESS, 0},
    {MSR_PAT, 0x0101010101010101, 0x0007040600070406},
    {MSR_TSC_AUX, 0xffffffff, 0}, /* the last two: where the CPU has them */
    {MSR_SPEC_CTRL, 1, 0},
};
#define MSRS (sizeof(msrs) / sizeof(msrs[0]))

/* As FXSAVE stores it. */
struct legacy {
    uint16_t fcw, fsw;
    uint8_t ftw, reserved;
    uint16_t fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mxcsr_mask;
    struct {
        uint64_t low, high;
    } st[8], xmm[16];
    uint64_t rest[12];
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct legacy) == 512, "the legacy region of the XSAVE area");
static struct legacy legacy;

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

static uint64_t msr_pattern(uint64_t seed, uint32_t n)
{
    const uint64_t value = (pattern(seed, n) ^ seed << 20) & msrs[n].mask;

    /* Memory types: 4 and 5, 6 and 7 where there is no 2 or 3. */
    return msrs[n].msr == MSR_PAT ? value | 0x0404040404040404 : value;
}

static bool has_msr(uint32_t n)
{
    uint64_t value;

    return (msrs[n].msr != MSR_TSC_AUX && msrs[n].msr != MSR_SPEC_CTRL) ||
           tiny_try_rdmsr(msrs[n].msr, &value) == TINY_NO_FAULT;
}

static uint64_t read_msr(uint32_t n)
{
    uint64_t value = ~msrs[n].fresh;

    tiny_try_rdmsr(msrs[n].msr, &value);
    return value;
}

/* A value of its own in each of the x87's registers, in its control word, in MXCSR: rounding and flags. */
static uint16_t fcw_of(uint64_t seed)
{
    return (uint16_t)(FCW_NEW & ~(3u << 8)) | (uint16_t)((seed >> 60 & 3) << 10);
}

static uint32_t mxcsr_of(uint64_t seed)
{
    return MXCSR_NEW | (uint32_t)(seed >> 60 & 3) << 13 | (uint32_t)(seed & 0x3f);
}

static void fill_legacy(uint64_t seed)
{
    const uint16_t fcw = fcw_of(seed);
    const uint32_t mxcsr = mxcsr_of(seed);

    __asm__ volatile("fninit\n\tfldcw %0\n\tldmxcsr %1" ::"m"(fcw), "m"(mxcsr));
    for (uint64_t n = 0; n < 8; n++) {
        const uint64_t value = pattern(seed, n) & 0xffffffff;

        __asm__ volatile("fildll %0" ::"m"(value));
    }
}

/* FILD keeps a number of 64 bits as it is: shifted until its highest bit is the highest, with the exponent that says so. */
static bool st_is(uint32_t n, uint64_t value)
{
    uint64_t exponent = 0x3fff + 63;

    for (; value >> 63 == 0; value <<= 1) {
        exponent--;
    }
    return legacy.st[n].low == value && (legacy.st[n].high & 0xffff) == exponent;
}

static uint64_t wrong_legacy(uint64_t seed)
{
    uint64_t count = 0;

    __asm__ volatile("fxsave64 %0" : "=m"(legacy));
    count += legacy.fcw != fcw_of(seed);
    count += legacy.ftw != 0xff;
    count += legacy.mxcsr != mxcsr_of(seed);
    for (uint32_t n = 0; n < 8; n++) {
        count += !st_is(n, pattern(seed, 7 - n) & 0xffffffff);
    }
    return count;
}

static uint64_t left_in_legacy(void)
{
    uint64_t count = 0;

    __asm__ volatile("fxsave64 %0" : "=m"(legacy));
    count += legacy.fcw != FCW_NEW || legacy.fsw != 0 || legacy.ftw != 0 || legacy.mxcsr != MXCSR_NEW;
    count += (legacy.fop | legacy.fip | legacy.fdp) != 0;
    for (uint32_t n = 0; n < 8; n++) {
        count += (legacy.st[n].low | (legacy.st[n].high & 0xffff)) != 0;
    }
    return count;
}

#define READ(reg)                                                                                            \
    ({                                                                                                       \
        uint64_t value_read;                                                                                 \
        __asm__ volatile("mov %%" reg ", %0" : "=r"(value_read));                                            \
        value_read;                                                                                          \
    })
#define WRITE(reg, value) __asm__ volatile("mov %0, %%" reg ::"r"((uint64_t)(value)))

/* DR7: no breakpoint is on, but conditions and lengths are. */
static uint64_t dr7_of(uint64_t seed)
{
    return DR7_NONE | (seed >> 60 & 3) << 8 | (seed >> 60 & 1) << 16;
}

static void fill(uint64_t seed)
{
    for (uint32_t n = 0; n < VECTORS_USED; n++) {
        for (uint32_t w = 0; w < 4; w++) {
            vectors[n].word[w] = pattern(seed, n * 4 + w);
        }
    }
    EACH_VECTOR(LOAD)
    fill_legacy(seed);
    for (uint32_t n = 0; n < MSRS; n++) {
        tiny_try_wrmsr(msrs[n].msr, msr_pattern(seed, n));
    }
    WRITE("dr0", pattern(seed, 0) & ADDRESS);
    WRITE("dr1", pattern(seed, 1) & ADDRESS);
    WRITE("dr2", pattern(seed, 2) & ADDRESS);
    WRITE("dr3", pattern(seed, 3) & ADDRESS);
    WRITE("dr6", DR6_NONE | (seed >> 60 & 0xf));
    WRITE("dr7", dr7_of(seed));
    WRITE("cr2", pattern(seed, 4));
}

static uint64_t wrong(uint64_t seed)
{
    uint64_t count = READ("cr2") != pattern(seed, 4); /* first: what follows may fault */

    EACH_VECTOR(STORE)
    for (uint32_t n = 0; n < VECTORS_USED; n++) {
        for (uint32_t w = 0; w < 4; w++) {
            count += vectors[n].word[w] != pattern(seed, n * 4 + w);
        }
    }
    count += wrong_legacy(seed);
    for (uint32_t n = 0; n < MSRS; n++) {
        count += has_msr(n) && read_msr(n) != msr_pattern(seed, n);
    }
    count += READ("dr0") != (pattern(seed, 0) & ADDRESS);
    count += READ("dr1") != (pattern(seed, 1) & ADDRESS);
    count += READ("dr2") != (pattern(seed, 2) & ADDRESS);
    count += READ("dr3") != (pattern(seed, 3) & ADDRESS);
    count += READ("dr6") != (DR6_NONE | (seed >> 60 & 0xf));
    count += READ("dr7") != dr7_of(seed);
    return count;
}

/* What a new vCPU finds and should not. */
static uint64_t left(void)
{
    uint64_t count = READ("cr2") != 0;

    EACH_VECTOR(STORE)
    for (uint32_t n = 0; n < VECTORS_USED; n++) {
        for (uint32_t w = 0; w < 4; w++) {
            count += vectors[n].word[w] != 0;
        }
    }
    count += left_in_legacy();
    for (uint32_t n = 0; n < MSRS; n++) {
        count += has_msr(n) && read_msr(n) != msrs[n].fresh;
    }
    count += (READ("dr0") | READ("dr1") | READ("dr2") | READ("dr3")) != 0;
    count += READ("dr6") != DR6_NONE;
    count += READ("dr7") != DR7_NONE;
    return count;
}

#define FAULTS(instruction, a, c)                                                                            \
    ({                                                                                                       \
        uint64_t vector;                                                                                     \
        __asm__ volatile("8:\t" instruction "\n\tmov $0xff, %%eax\n9:\n\t"                                   \
                         ".pushsection .fixups, \"a\"\n\t.quad 8b, 9b\n\t.popsection"                        \
                         : "=a"(vector)                                                                      \
                         : "a"(a), "c"(c), "d"(0)                                                            \
                         : "memory");                                                                        \
        vector != TINY_NO_FAULT;                                                                             \
    })

/* Registers nobody switches, because nobody can have them: how many can be had all the same. */
static uint64_t components_open(void)
{
    /* MPX, AVX-512, PKRU; system components. */
    static const uint32_t features[] = {0x18, 0xe0, 0x200, 0x100, 0x800, 0x60000};
    uint64_t open = 0;

    for (uint32_t n = 0; n < sizeof(features) / sizeof(features[0]); n++) {
        open += !FAULTS("xsetbv", XCR0_X87_SSE_AVX | features[n], 0);
    }
    open += !FAULTS("vpxorq %%zmm0, %%zmm0, %%zmm0", 0, 0);
    open += !FAULTS("kmovw %%eax, %%k1", 0, 0);
    open += !FAULTS("rdpkru", 0, 0);
    open += !FAULTS("mov %%rax, %%cr4", READ("cr4") | CR4_PKE, 0);
    open += xcr0_get() != XCR0_X87_SSE_AVX;
    return open;
}

/* A new guest finds every vector register zero, then keeps its own through ROUNDS switches. */
static void guest_of_registers(void)
{
    enable_vectors();
    guest_say(left());
    guest_say(components_open());
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

    for (uint32_t n = 0; n < MSRS; n++) {
        if (!has_msr(n)) {
            tiny_text("  this CPU has not, or does not show, MSR ");
            tiny_hex(msrs[n].msr);
            tiny_text("\r\n");
        }
    }
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
    tiny_check_equal("registers that the manager must not have", components_open(), 0);
    tiny_check("the guest tries", tiny_guest_run(&run, 100, &said));
    tiny_check_equal("registers that a guest must not have", said, 0);
    fill(MANAGER_SEED);
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
