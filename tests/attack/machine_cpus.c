/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile manager reaches for the parked CPUs, and for its own, through its local APIC. */
#include "abi/audit.h"
#include "abi/hypercall.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_trap.h"

#define VECTOR_PF 14u
#define VECTOR_GP 13u

enum x2apic {
    APIC_BASE = 0x1b,
    SIVR = 0x80f,
    CMCI = 0x82f,
    ICR = 0x830,
    LVT_TIMER = 0x832,
    LVT_THERMAL = 0x833,
    LVT_PMI = 0x834,
    LVT_LINT0 = 0x835,
    LVT_LINT1 = 0x836,
    LVT_ERROR = 0x837,
    SELF_IPI = 0x83f,
};

#define TO_CPU_1   0x100000000ull
#define TO_CPU_2   0x200000000ull
#define TO_ALL     0xffffffff00000000ull
#define START_PAGE 0x08u
#define OWN_VECTOR 0x40u

struct attempt {
    const char *name;
    uint32_t msr;
    uint64_t value;
};

static const struct attempt attempts[] = {
    {"NMI to a parked CPU", ICR, TO_CPU_1 | 0x4400},
    {"INIT to a parked CPU", ICR, TO_CPU_1 | 0x4500},
    {"INIT deassert to a parked CPU", ICR, TO_CPU_1 | 0x8500},
    {"SIPI to a parked CPU", ICR, TO_CPU_1 | 0x4600 | START_PAGE},
    {"SIPI to a CPU that is not there", ICR, TO_CPU_2 | 0x4600 | START_PAGE},
    {"SMI to a parked CPU", ICR, TO_CPU_1 | 0x4200},
    {"fixed interrupt to a parked CPU", ICR, TO_CPU_1 | 0x4000 | OWN_VECTOR},
    {"lowest priority to a parked CPU", ICR, TO_CPU_1 | 0x4100 | OWN_VECTOR},
    {"ExtINT to a parked CPU", ICR, TO_CPU_1 | 0x4700},
    {"reserved delivery mode", ICR, TO_CPU_1 | 0x4300},
    {"INIT to all others", ICR, 0xc4500},
    {"SIPI to all others", ICR, 0xc4600 | START_PAGE},
    {"NMI to all others", ICR, 0xc4400},
    {"fixed interrupt to all others", ICR, 0xc4000 | OWN_VECTOR},
    {"fixed interrupt to all", ICR, 0x84000 | OWN_VECTOR},
    {"fixed interrupt by broadcast", ICR, TO_ALL | 0x4000 | OWN_VECTOR},
    {"fixed interrupt to a logical destination", ICR, TO_CPU_1 | 0x4800 | OWN_VECTOR},
    {"INIT to itself", ICR, 0x44500},
    {"NMI to itself", ICR, 0x44400},
    {"SMI to itself", ICR, 0x44200},
    {"NMI with a good vector to itself", ICR, 0x4400 | OWN_VECTOR},
    {"INIT with a good vector to itself", ICR, 0x4500 | OWN_VECTOR},
    {"SMI with a good vector to itself", ICR, 0x4200 | OWN_VECTOR},
    {"SIPI with a good vector to itself", ICR, 0x4600 | OWN_VECTOR},
    {"lowest priority to itself", ICR, 0x4100 | OWN_VECTOR},
    {"a logical destination, its own number", ICR, 0x4800 | OWN_VECTOR},
    {"a machine check as an interrupt", ICR, 0x44000 | 18},
    {"vector 0 to itself", ICR, 0x44000},
    {"vector 31 to itself", ICR, 0x44000 | 31},
    {"reserved bits of the ICR", ICR, 0x44000 | OWN_VECTOR | 1u << 20},
    {"a machine check by SELF IPI", SELF_IPI, 18},
    {"timer delivers an NMI", LVT_TIMER, 0x400},
    {"timer delivers an exception", LVT_TIMER, 14},
    {"timer of a reserved mode", LVT_TIMER, 0x60000 | OWN_VECTOR},
    {"thermal interrupt as SMI", LVT_THERMAL, 0x200},
    {"PMI as NMI", LVT_PMI, 0x400},
    {"LINT0 as ExtINT", LVT_LINT0, 0x700},
    {"LINT1 as NMI", LVT_LINT1, 0x400},
    {"APIC error as an exception", LVT_ERROR, 14},
    {"CMCI as SMI", CMCI, 0x200},
    {"local APIC off by SIVR", SIVR, 0x0ff},
    {"x2APIC off", APIC_BASE, 0},
    {"x2APIC to xAPIC", APIC_BASE, 0xfee00900},
    {"local APIC elsewhere", APIC_BASE, 0x00200d00},
};

static void attempts_fail(void)
{
    for (uint32_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        uint64_t sequence = tiny_audit_next();

        tiny_check(attempts[i].name, tiny_try_wrmsr(attempts[i].msr, attempts[i].value) == VECTOR_GP &&
                                         tiny_audit_has(sequence, AUDIT_MANAGER_MSR_DENIED, attempts[i].msr));
    }
}

/* Code for a CPU that starts: every page a SIPI can name. */
static void planting_fails(void)
{
    uint32_t open = 0;

    for (uint64_t page = 0; page < 0x100; page++) {
        open += tiny_try_write(TINY_DIRECT_MAP + page * 4096, 0xf4fa) != VECTOR_PF;
    }
    tiny_check_equal("pages that a SIPI can name and that can be written", open, 0);
}

static uint64_t cpus_taken(void)
{
    for (uint64_t i = 0; i < tiny_audit_next(); i++) {
        if (tiny_call(HYPERCALL_AUDIT_READ, i, AUDIT_WORD_EVENT, 0, 0, 0).value == AUDIT_BOOT) {
            return tiny_call(HYPERCALL_AUDIT_READ, i, AUDIT_WORD_B, 0, 0, 0).value;
        }
    }
    return 0;
}

/* What is granted works: an interrupt to itself comes, once. */
static void own_interrupt(void)
{
    const uint64_t before = tiny_interrupts;

    tiny_check_equal("interrupt to itself", tiny_try_wrmsr(ICR, 0x44000 | OWN_VECTOR), TINY_NO_FAULT);
    __asm__ volatile("sti; nop; nop; cli" ::: "memory");
    tiny_check_equal("it came", tiny_interrupts - before, 1);
}

void tiny_main(const struct boot_info *info)
{
    tiny_check("other CPUs are there", cpus_taken() > 1);
    own_interrupt();
    planting_fails();
    attempts_fail();
    own_interrupt();
}
