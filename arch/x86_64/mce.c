/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/mce.h"

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/console.h"
#include "arch/x86_64/cr.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/msr_safe.h"
#include "arch/x86_64/panic.h"

#define CPUID_FEATURES         1u
#define CPUID_FEATURES_EDX_MCE (1u << 7)
#define CPUID_FEATURES_EDX_MCA (1u << 14)

enum mce_bits {
    MCG_CAP_COUNT_MASK = 0xff,
    MCG_CAP_CTL_P = 1 << 8,
    MCE_BANK_STRIDE = 4,
};
#define MCI_STATUS_ADDRV (1ull << 58)
#define MCI_STATUS_VAL   (1ull << 63)
#define MCE_ALL          0xffffffffffffffffull

static uint32_t bank_count(void)
{
    uint64_t capabilities;

    if ((insn_cpuid(CPUID_FEATURES, 0).edx & CPUID_FEATURES_EDX_MCA) == 0) {
        return 0;
    }
    /* Some emulators enumerate the architecture without its registers. */
    if (!msr_safe_read(MSR_IA32_MCG_CAP, &capabilities)) {
        return 0;
    }
    return (uint32_t)capabilities & MCG_CAP_COUNT_MASK;
}

void mce_init(void)
{
    const uint32_t banks = bank_count();

    if (banks > 0 && (insn_rdmsr(MSR_IA32_MCG_CAP) & MCG_CAP_CTL_P) != 0) {
        insn_wrmsr(MSR_IA32_MCG_CTL, MCE_ALL);
    }
    for (uint32_t bank = 0; bank < banks; bank++) {
        insn_wrmsr(MSR_IA32_MC0_CTL + bank * MCE_BANK_STRIDE, MCE_ALL);
        insn_wrmsr(MSR_IA32_MC0_STATUS + bank * MCE_BANK_STRIDE, 0);
    }
    if ((insn_cpuid(CPUID_FEATURES, 0).edx & CPUID_FEATURES_EDX_MCE) != 0) {
        insn_write_cr4(insn_read_cr4() | CR4_MCE);
    }
}

_Noreturn void mce_report(void)
{
    const uint32_t banks = bank_count();
    uint64_t first = 0;

    for (uint32_t bank = 0; bank < banks; bank++) {
        const uint64_t status = insn_rdmsr(MSR_IA32_MC0_STATUS + bank * MCE_BANK_STRIDE);
        if ((status & MCI_STATUS_VAL) == 0) {
            continue;
        }
        first = first == 0 ? status : first;
        console_line_decimal("machine check in bank ", bank, "");
        console_line_hex("  status ", status);
        if ((status & MCI_STATUS_ADDRV) != 0) {
            console_line_hex("  address ", insn_rdmsr(MSR_IA32_MC0_ADDR + bank * MCE_BANK_STRIDE));
        }
    }
    panic(PANIC_MACHINE_CHECK, banks > 0 ? insn_rdmsr(MSR_IA32_MCG_STATUS) : 0, first);
}
