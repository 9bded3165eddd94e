/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/capability.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/panic.h"
#include "vmx/vmcs_control.h"

struct capability capability;

struct control {
    uint32_t bit;
    bool required; /* isolation needs it; otherwise used where present */
    const char *name;
};

static const struct control pin_controls[] = {
    {PIN_NMI_EXITING, true, "NMI exiting"},
    {PIN_VIRTUAL_NMIS, true, "virtual NMIs"},
    {PIN_PREEMPTION_TIMER, true, "VMX-preemption timer"},
};
static const struct control pin_guest_controls[] = {
    {PIN_EXTERNAL_INTERRUPT_EXITING, true, "external-interrupt exiting"},
};
static const struct control primary_controls_wanted[] = {
    {PRIMARY_MWAIT_EXITING, true, "MWAIT exiting"},
    {PRIMARY_RDPMC_EXITING, true, "RDPMC exiting"},
    {PRIMARY_MOV_DR_EXITING, true, "MOV-DR exiting"},
    {PRIMARY_IO_BITMAPS, true, "I/O bitmaps"},
    {PRIMARY_MSR_BITMAPS, true, "MSR bitmaps"},
    {PRIMARY_MONITOR_EXITING, true, "MONITOR exiting"},
    {PRIMARY_SECONDARY_CONTROLS, true, "secondary controls"},
};
static const struct control primary_guest_controls[] = {
    {PRIMARY_HLT_EXITING, true, "HLT exiting"},
};
/* Where the core keeps the TPR of guests; their CR8 would else be the CPU's. */
static const struct control primary_software_apic_controls[] = {
    {PRIMARY_CR8_LOAD_EXITING, true, "CR8-load exiting"},
    {PRIMARY_CR8_STORE_EXITING, true, "CR8-store exiting"},
};
static const struct control secondary_controls_wanted[] = {
    {SECONDARY_EPT, true, "EPT"},
    {SECONDARY_VPID, true, "VPID"},
    {SECONDARY_UNRESTRICTED_GUEST, true, "unrestricted guest"},
    {SECONDARY_WBINVD_EXITING, true, "WBINVD exiting"},
    {SECONDARY_RDTSCP, false, "RDTSCP"},
    {SECONDARY_INVPCID, false, "INVPCID"},
    {SECONDARY_ENCLS_EXITING, false, "ENCLS exiting"},
    {SECONDARY_CONCEAL_FROM_PT, false, "conceal VMX from PT"},
    {SECONDARY_XSAVES, false, "XSAVES"},
};
static const struct control exit_controls_wanted[] = {
    {EXIT_SAVE_DEBUG_CONTROLS, true, "save debug controls"},
    {EXIT_HOST_64_BIT, true, "host address-space size"},
    {EXIT_SAVE_PAT, true, "save IA32_PAT"},
    {EXIT_LOAD_PAT, true, "load IA32_PAT on exit"},
    {EXIT_SAVE_EFER, true, "save IA32_EFER"},
    {EXIT_LOAD_EFER, true, "load IA32_EFER on exit"},
    {EXIT_LOAD_PERF_GLOBAL_CTRL, false, "load IA32_PERF_GLOBAL_CTRL on exit"},
};
static const struct control entry_controls_wanted[] = {
    {ENTRY_LOAD_DEBUG_CONTROLS, true, "load debug controls"},
    {ENTRY_LOAD_PAT, true, "load IA32_PAT on entry"},
    {ENTRY_LOAD_EFER, true, "load IA32_EFER on entry"},
    {ENTRY_LOAD_PERF_GLOBAL_CTRL, false, "load IA32_PERF_GLOBAL_CTRL on entry"},
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The controls of `wanted` that the capability MSR allows, and all it forces to 1. */
static uint32_t negotiate(uint32_t msr, const struct control *wanted, uint64_t count)
{
    uint64_t allowed = insn_rdmsr(msr);
    uint32_t forced = (uint32_t)allowed;
    uint32_t possible = (uint32_t)(allowed >> 32);
    uint32_t chosen = forced;

    for (uint64_t i = 0; i < count; i++) {
        if ((possible & wanted[i].bit) != 0) {
            chosen |= wanted[i].bit;
        } else if (wanted[i].required) {
            refuse_named("This CPU lacks a VMX control that isolation needs: ", wanted[i].name);
        }
    }
    return chosen;
}

/* The TPR shadow and all of these, or none.  "Virtualize APIC accesses" is never on: guests have the x2APIC alone. */
#define SECONDARY_APIC_CONTROLS                                                                              \
    (SECONDARY_X2APIC_MODE | SECONDARY_APIC_REGISTERS | SECONDARY_INTERRUPT_DELIVERY)

static bool is_possible(uint32_t msr, uint32_t controls)
{
    return (insn_rdmsr(msr) >> 32 & controls) == controls;
}

/* Who keeps the local APIC of guests: the CPU, or the core. */
static void negotiate_apic(uint32_t primary, bool wanted)
{
    capability.has_apic_virtualization = wanted && is_possible(primary, PRIMARY_TPR_SHADOW) &&
                                         is_possible(MSR_IA32_VMX_PROCBASED_CTLS2, SECONDARY_APIC_CONTROLS);
    capability.secondary_guest = capability.secondary;
    if (capability.has_apic_virtualization) {
        capability.primary_guest |= PRIMARY_TPR_SHADOW;
        capability.secondary_guest |= SECONDARY_APIC_CONTROLS;
    } else {
        capability.primary_guest |=
            negotiate(primary, primary_software_apic_controls, COUNT(primary_software_apic_controls));
    }
}

#define VMX_BASIC_TRUE_CONTROLS        (1ull << 55)
#define VMX_MISC_PREEMPTION_SHIFT_MASK 0x1fu

/* IA32_VMX_EPT_VPID_CAP. */
#define EPT_CAP_PAGE_WALK_4    (1ull << 6)
#define EPT_CAP_WRITE_BACK     (1ull << 14)
#define EPT_CAP_2_MIB_PAGES    (1ull << 16)
#define EPT_CAP_INVEPT         (1ull << 20)
#define EPT_CAP_INVEPT_SINGLE  (1ull << 25)
#define EPT_CAP_INVEPT_ALL     (1ull << 26)
#define EPT_CAP_INVVPID        (1ull << 32)
#define EPT_CAP_INVVPID_SINGLE (1ull << 41)

static void require_ept(uint64_t capabilities, uint64_t bit, const char *name)
{
    if ((capabilities & bit) == 0) {
        refuse_named("This CPU lacks an EPT capability that isolation needs: ", name);
    }
}

static void negotiate_ept(void)
{
    uint64_t capabilities = insn_rdmsr(MSR_IA32_VMX_EPT_VPID_CAP);

    require_ept(capabilities, EPT_CAP_PAGE_WALK_4, "page-walk length 4");
    require_ept(capabilities, EPT_CAP_WRITE_BACK, "write-back paging structures");
    require_ept(capabilities, EPT_CAP_INVEPT, "INVEPT");
    require_ept(capabilities, EPT_CAP_INVEPT_SINGLE, "single-context INVEPT");
    require_ept(capabilities, EPT_CAP_INVEPT_ALL, "all-context INVEPT");
    require_ept(capabilities, EPT_CAP_INVVPID, "INVVPID");
    require_ept(capabilities, EPT_CAP_INVVPID_SINGLE, "single-context INVVPID");
    capability.has_ept_large = (capabilities & EPT_CAP_2_MIB_PAGES) != 0;
}

void capability_negotiate(bool apic_virtualization)
{
    bool is_true = (insn_rdmsr(MSR_IA32_VMX_BASIC) & VMX_BASIC_TRUE_CONTROLS) != 0;
    uint32_t pin = is_true ? MSR_IA32_VMX_TRUE_PINBASED_CTLS : MSR_IA32_VMX_PINBASED_CTLS;
    uint32_t primary = is_true ? MSR_IA32_VMX_TRUE_PROCBASED_CTLS : MSR_IA32_VMX_PROCBASED_CTLS;
    uint32_t exit = is_true ? MSR_IA32_VMX_TRUE_EXIT_CTLS : MSR_IA32_VMX_EXIT_CTLS;
    uint32_t entry = is_true ? MSR_IA32_VMX_TRUE_ENTRY_CTLS : MSR_IA32_VMX_ENTRY_CTLS;

    capability.pin = negotiate(pin, pin_controls, COUNT(pin_controls));
    capability.pin_guest = capability.pin | negotiate(pin, pin_guest_controls, COUNT(pin_guest_controls));
    capability.primary = negotiate(primary, primary_controls_wanted, COUNT(primary_controls_wanted));
    capability.primary_guest =
        capability.primary | negotiate(primary, primary_guest_controls, COUNT(primary_guest_controls));
    capability.secondary =
        negotiate(MSR_IA32_VMX_PROCBASED_CTLS2, secondary_controls_wanted, COUNT(secondary_controls_wanted));
    negotiate_apic(primary, apic_virtualization);
    capability.exit = negotiate(exit, exit_controls_wanted, COUNT(exit_controls_wanted));
    capability.entry = negotiate(entry, entry_controls_wanted, COUNT(entry_controls_wanted));
    capability.preemption_shift = (uint32_t)insn_rdmsr(MSR_IA32_VMX_MISC) & VMX_MISC_PREEMPTION_SHIFT_MASK;
    capability.has_perf_global_ctrl = (capability.exit & EXIT_LOAD_PERF_GLOBAL_CTRL) != 0 &&
                                      (capability.entry & ENTRY_LOAD_PERF_GLOBAL_CTRL) != 0;
    capability.has_xsaves = (capability.secondary & SECONDARY_XSAVES) != 0;
    capability.has_encls_exiting = (capability.secondary & SECONDARY_ENCLS_EXITING) != 0;
    negotiate_ept();
}
