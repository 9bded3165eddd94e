/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/vmxon.h"

#include "arch/x86_64/cr.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/window.h"

#define CPUID_FEATURES          1u
#define CPUID_FEATURES_ECX_VMX  (1u << 5)
#define VMX_BASIC_REVISION_MASK 0x7fffffffu

void vmxon_check(void)
{
    uint64_t control;

    if ((insn_cpuid(CPUID_FEATURES, 0).ecx & CPUID_FEATURES_ECX_VMX) == 0) {
        refuse("This CPU has no VMX. In a virtual machine, turn nested virtualisation on.");
    }
    control = insn_rdmsr(MSR_IA32_FEATURE_CONTROL);
    if ((control & FEATURE_CONTROL_LOCK) != 0 && (control & FEATURE_CONTROL_VMX_OUTSIDE_SMX) == 0) {
        refuse("VMX is locked off by the firmware. Turn on virtualisation (VT-x) in its setup.");
    }
}

uint32_t vmxon_revision(void)
{
    return (uint32_t)insn_rdmsr(MSR_IA32_VMX_BASIC) & VMX_BASIC_REVISION_MASK;
}

static void feature_control_lock(void)
{
    uint64_t control = insn_rdmsr(MSR_IA32_FEATURE_CONTROL);

    if ((control & FEATURE_CONTROL_LOCK) == 0) {
        insn_wrmsr(MSR_IA32_FEATURE_CONTROL, FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX_OUTSIDE_SMX);
    }
}

void vmxon_this_cpu(hfn_t region)
{
    uint32_t *revision = window_open(region);

    *revision = vmxon_revision();
    window_close();
    vmxon_check();
    feature_control_lock();
    insn_write_cr0((insn_read_cr0() | insn_rdmsr(MSR_IA32_VMX_CR0_FIXED0)) &
                   insn_rdmsr(MSR_IA32_VMX_CR0_FIXED1));
    insn_write_cr4((insn_read_cr4() | CR4_VMXE | insn_rdmsr(MSR_IA32_VMX_CR4_FIXED0)) &
                   insn_rdmsr(MSR_IA32_VMX_CR4_FIXED1));
    if (!insn_vmxon(address_of_frame(region))) {
        refuse("VMXON failed on a CPU.");
    }
}
