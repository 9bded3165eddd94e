/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile manager tries every MSR that is not on the list of DESIGN.md section 9. */
#include "abi/audit.h"
#include "tests/tiny/tiny.h"

#define VECTOR_GP  13u
#define LOW_END    0x2000u
#define HIGH_FIRST 0xc0000000u
#define HIGH_END   0xc0002000u

struct range {
    uint32_t first;
    uint32_t last;
};

/* What may be read; and of these, what must not be written. */
static const struct range granted[] = {
    {0x10, 0x10},   /* TSC */
    {0x1b, 0x1b},   /* APIC_BASE */
    {0x48, 0x48},   /* SPEC_CTRL, where CPUID shows it */
    {0x10a, 0x10a}, /* ARCH_CAPABILITIES */
    {0x174, 0x176}, /* SYSENTER */
    {0x277, 0x277}, /* PAT */
    {0x6e0, 0x6e0}, /* TSC deadline */
    {0x802, 0x803}, /* x2APIC */
    {0x808, 0x808},
    {0x80a, 0x80b},
    {0x80d, 0x80d},
    {0x80f, 0x827},
    {0x830, 0x830},
    {0x832, 0x832},
    {0x838, 0x839},
    {0x83e, 0x83e},
    {0xda0, 0xda0},           /* XSS, 0 alone */
    {0xc0000080, 0xc0000084}, /* EFER, STAR, LSTAR, CSTAR, FMASK */
    {0xc0000100, 0xc0000103}, /* FS, GS, KERNEL_GS, TSC_AUX */
};
static const struct range read_only[] = {
    {0x10, 0x10},   {0x1b, 0x1b},   {0x10a, 0x10a}, {0x802, 0x803},
    {0x80a, 0x80a}, {0x80d, 0x80d}, {0x80f, 0x827}, {0x839, 0x839},
};
/* Written alone: commands. */
static const struct range commands[] = {{0x49, 0x49}, {0x10b, 0x10b}};

struct named {
    const char *name;
    uint32_t msr;
    uint64_t value;
};
static const struct named writes[] = {
    {"time-stamp counter", 0x10, 0},
    {"TSC_ADJUST", 0x3b, 0x1000},
    {"FEATURE_CONTROL", 0x3a, 0},
    {"microcode update", 0x79, 0},
    {"SMI over VMX (SMM_MONITOR_CTL)", 0x9b, 1},
    {"MISC_ENABLE", 0x1a0, 0},
    {"DEBUGCTL", 0x1d9, 1},
    {"MTRR of fixed ranges", 0x250, 0x0606060606060606ull},
    {"MTRR base", 0x200, 0},
    {"MTRR default type", 0x2ff, 0},
    {"performance counters", 0x38f, 1},
    {"PEBS: stores by the CPU", 0x3f1, 1},
    {"debug store area", 0x600, 0x1000},
    {"machine-check bank", 0x400, 0},
    {"machine-check status", 0x17a, 0},
    {"RTIT output base", 0x560, 0},
    {"RAPL limit", 0x610, 0},
    {"voltage (OC mailbox)", 0x150, 0x8000001100000000ull},
    {"VMX capabilities", 0x480, 0},
    {"XSS with system components", 0xda0, 0x1800},
    {"EFER: long mode off and bits that are reserved", 0xc0000080, 0xfe},
    {"user CET", 0x6a0, 1},
    {"protection keys for supervisor", 0x6e1, 1},
};

static bool in(const struct range *ranges, uint64_t count, uint32_t msr)
{
    for (uint64_t i = 0; i < count; i++) {
        if (msr >= ranges[i].first && msr <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

#define IN(ranges, msr) in(ranges, sizeof(ranges) / sizeof((ranges)[0]), msr)

static uint32_t open_msrs(uint32_t first, uint32_t end)
{
    uint32_t open = 0;

    for (uint32_t msr = first; msr < end; msr++) {
        uint64_t value;

        if (!IN(granted, msr) && tiny_try_rdmsr(msr, &value) != VECTOR_GP) {
            tiny_text("  read of MSR ");
            tiny_hex(msr);
            tiny_text("\r\n");
            open++;
        }
        if ((!IN(granted, msr) || IN(read_only, msr)) && msr != 0x80b && !IN(commands, msr) &&
            tiny_try_wrmsr(msr, 0) != VECTOR_GP) {
            tiny_text("  write of MSR ");
            tiny_hex(msr);
            tiny_text("\r\n");
            open++;
        }
    }
    return open;
}

void tiny_main(const struct boot_info *info)
{
    uint64_t value;

    tiny_check_equal("reading the TSC is granted", tiny_try_rdmsr(0x10, &value), TINY_NO_FAULT);
    for (uint32_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
        uint64_t sequence = tiny_audit_next();

        tiny_check(writes[i].name, tiny_try_wrmsr(writes[i].msr, writes[i].value) == VECTOR_GP &&
                                       tiny_audit_has(sequence, AUDIT_MANAGER_MSR_DENIED, writes[i].msr));
    }
    tiny_check_equal("MSRs of the low range that are open", open_msrs(0, LOW_END), 0);
    tiny_check_equal("MSRs of the high range that are open", open_msrs(HIGH_FIRST, HIGH_END), 0);
    /* What no bitmap covers. */
    tiny_check_equal("MSRs beyond the low range", open_msrs(LOW_END, LOW_END + 0x100), 0);
    tiny_check_equal("MSRs of hypervisors", open_msrs(0x40000000, 0x40000200), 0);
    tiny_check_equal("MSRs beyond the high range", open_msrs(HIGH_END, HIGH_END + 0x100), 0);
}
