/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/vmcs_setup.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/cr.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/vector.h"
#include "ept/ept_entry.h"
#include "ept/ept_window.h"
#include "lib/limits.h"
#include "vmx/capability.h"
#include "vmx/cr_policy.h"
#include "vmx/entry.h"
#include "vmx/msr_policy.h"
#include "vmx/port_policy.h"
#include "vmx/vcpu_frames.h"
#include "vmx/vcpu_state.h"
#include "vmx/vmcs.h"
#include "vmx/vmcs_control.h"

/* Segment access rights.  Source: Intel SDM Vol. 3C, "Guest Register State". */
enum access_rights {
    RIGHTS_CODE_32 = 0xc09b,
    RIGHTS_CODE_64 = 0xa09b,
    RIGHTS_DATA = 0xc093,
    RIGHTS_TSS_BUSY = 0x8b,
    RIGHTS_UNUSABLE = 0x10000,
};
#define START_CODE_SELECTOR 0x10u /* __BOOT_CS and __BOOT_DS of the Linux boot protocol */
#define START_DATA_SELECTOR 0x18u
#define SEGMENT_LIMIT       0xffffffffu
#define TSS_LIMIT           0x67u
#define NO_VMCS_LINK        0xffffffffffffffffull
#define ALL_XSS_BITS        0xffffffffffffffffull
#define ALL_ENCLS_LEAVES    0xffffffffffffffffull

void vmcs_setup_host(uint32_t cpu)
{
    vmcs_write(VMCS_HOST_CR0, insn_read_cr0());
    vmcs_write(VMCS_HOST_CR3, paging_root());
    vmcs_write(VMCS_HOST_CR4, insn_read_cr4());
    vmcs_write(VMCS_HOST_ES_SELECTOR, 0);
    vmcs_write(VMCS_HOST_CS_SELECTOR, SELECTOR_CODE);
    vmcs_write(VMCS_HOST_SS_SELECTOR, 0);
    vmcs_write(VMCS_HOST_DS_SELECTOR, 0);
    vmcs_write(VMCS_HOST_FS_SELECTOR, 0);
    vmcs_write(VMCS_HOST_GS_SELECTOR, 0);
    vmcs_write(VMCS_HOST_TR_SELECTOR, SELECTOR_TSS);
    vmcs_write(VMCS_HOST_FS_BASE, 0);
    vmcs_write(VMCS_HOST_GS_BASE, (uint64_t)&percpus[cpu]);
    vmcs_write(VMCS_HOST_TR_BASE, cpu_tss_base(cpu));
    vmcs_write(VMCS_HOST_GDTR_BASE, cpu_gdt_base(cpu));
    vmcs_write(VMCS_HOST_IDTR_BASE, cpu_idt_base());
    vmcs_write(VMCS_HOST_IA32_SYSENTER_CS, 0);
    vmcs_write(VMCS_HOST_IA32_SYSENTER_ESP, 0);
    vmcs_write(VMCS_HOST_IA32_SYSENTER_EIP, 0);
    vmcs_write(VMCS_HOST_IA32_PAT, PAT_RESET);
    vmcs_write(VMCS_HOST_IA32_EFER, EFER_LME | EFER_LMA | EFER_NXE);
    vmcs_write(VMCS_HOST_RSP, (uint64_t)percpus[cpu].state_window + sizeof(struct gpr_file));
    vmcs_write(VMCS_HOST_RIP, (uint64_t)vmx_exit_entry);
    if (capability.has_perf_global_ctrl) {
        vmcs_write(VMCS_HOST_IA32_PERF_GLOBAL_CTRL, 0);
        vmcs_write(VMCS_GUEST_IA32_PERF_GLOBAL_CTRL, 0);
    }
}

static void setup_controls(uint32_t slot, uint32_t partition)
{
    vmcs_write(VMCS_EXIT_CONTROLS, capability.exit);
    vmcs_write(VMCS_EXCEPTION_BITMAP, 1u << VECTOR_UD | 1u << VECTOR_DB | 1u << VECTOR_AC | 1u << VECTOR_MC);
    vmcs_write(VMCS_PAGE_FAULT_ERROR_MASK, 0);
    vmcs_write(VMCS_PAGE_FAULT_ERROR_MATCH, 0);
    vmcs_write(VMCS_CR3_TARGET_COUNT, 0);
    vmcs_write(VMCS_EXIT_MSR_STORE_COUNT, 0);
    vmcs_write(VMCS_EXIT_MSR_LOAD_COUNT, 0);
    vmcs_write(VMCS_ENTRY_MSR_LOAD_COUNT, 0);
    vmcs_write(VMCS_ENTRY_INTERRUPTION_INFO, 0);
    vmcs_write(VMCS_VPID, slot + 1u); /* 0 is the core's */
    vmcs_write(VMCS_EPT_POINTER, ept_pointer(ept_window_root(partition)));
    if (capability.has_xsaves) {
        vmcs_write(VMCS_XSS_EXITING_BITMAP, ALL_XSS_BITS);
    }
    if (capability.has_encls_exiting) {
        vmcs_write(VMCS_ENCLS_EXITING_BITMAP, ALL_ENCLS_LEAVES);
    }
    vmcs_write(VMCS_CR0_MASK, CR_POLICY_CR0_MASK);
    vmcs_write(VMCS_CR4_MASK, CR_POLICY_CR4_MASK);
}

static void setup_flat_segments(uint32_t code_rights)
{
    vmcs_write(VMCS_GUEST_CS_SELECTOR, START_CODE_SELECTOR);
    vmcs_write(VMCS_GUEST_CS_BASE, 0);
    vmcs_write(VMCS_GUEST_CS_LIMIT, SEGMENT_LIMIT);
    vmcs_write(VMCS_GUEST_CS_ACCESS_RIGHTS, code_rights);
    for (uint32_t i = 0; i < 6; i++) { /* ES CS SS DS FS GS are two apart in every group */
        if (i == 1) {
            continue;
        }
        vmcs_write(VMCS_GUEST_ES_SELECTOR + 2 * i, START_DATA_SELECTOR);
        vmcs_write(VMCS_GUEST_ES_BASE + 2 * i, 0);
        vmcs_write(VMCS_GUEST_ES_LIMIT + 2 * i, SEGMENT_LIMIT);
        vmcs_write(VMCS_GUEST_ES_ACCESS_RIGHTS + 2 * i, RIGHTS_DATA);
    }
    vmcs_write(VMCS_GUEST_LDTR_SELECTOR, 0);
    vmcs_write(VMCS_GUEST_LDTR_BASE, 0);
    vmcs_write(VMCS_GUEST_LDTR_LIMIT, 0);
    vmcs_write(VMCS_GUEST_LDTR_ACCESS_RIGHTS, RIGHTS_UNUSABLE);
    vmcs_write(VMCS_GUEST_TR_SELECTOR, 0);
    vmcs_write(VMCS_GUEST_TR_BASE, 0);
    vmcs_write(VMCS_GUEST_TR_LIMIT, TSS_LIMIT);
    vmcs_write(VMCS_GUEST_TR_ACCESS_RIGHTS, RIGHTS_TSS_BUSY);
    vmcs_write(VMCS_GUEST_GDTR_BASE, 0);
    vmcs_write(VMCS_GUEST_GDTR_LIMIT, 0);
    vmcs_write(VMCS_GUEST_IDTR_BASE, 0);
    vmcs_write(VMCS_GUEST_IDTR_LIMIT, 0);
}

static void setup_start(uint64_t rip, uint64_t cr0, uint64_t cr3, uint64_t cr4, uint64_t efer)
{
    vmcs_write(VMCS_GUEST_CR0, cr0 | CR_POLICY_CR0_SET);
    vmcs_write(VMCS_CR0_READ_SHADOW, CR_POLICY_CR0_SHADOW);
    vmcs_write(VMCS_GUEST_CR3, cr3);
    vmcs_write(VMCS_GUEST_CR4, cr4 | CR_POLICY_CR4_SET);
    vmcs_write(VMCS_CR4_READ_SHADOW, CR_POLICY_CR4_SHADOW);
    vmcs_write(VMCS_GUEST_IA32_EFER, efer);
    vmcs_write(VMCS_GUEST_IA32_PAT, PAT_RESET);
    vmcs_write(VMCS_GUEST_IA32_DEBUGCTL, 0);
    vmcs_write(VMCS_GUEST_DR7, DR7_RESET);
    vmcs_write(VMCS_GUEST_RSP, 0);
    vmcs_write(VMCS_GUEST_RIP, rip);
    vmcs_write(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
    vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, 0);
    vmcs_write(VMCS_GUEST_ACTIVITY_STATE, ACTIVITY_ACTIVE);
    vmcs_write(VMCS_GUEST_PENDING_DEBUG_EXCEPTIONS, 0);
    vmcs_write(VMCS_GUEST_IA32_SYSENTER_CS, 0);
    vmcs_write(VMCS_GUEST_IA32_SYSENTER_ESP, 0);
    vmcs_write(VMCS_GUEST_IA32_SYSENTER_EIP, 0);
    vmcs_write(VMCS_LINK_POINTER, NO_VMCS_LINK);
}

void vmcs_setup_manager(uint32_t cpu, uint32_t slot, uint64_t entry)
{
    vmcs_setup_host(cpu);
    setup_controls(slot, PARTITION_MANAGER);
    vmcs_write(VMCS_PIN_BASED_CONTROLS, capability.pin);
    vmcs_write(VMCS_PRIMARY_CONTROLS, capability.primary);
    vmcs_write(VMCS_SECONDARY_CONTROLS, capability.secondary);
    vmcs_write(VMCS_ENTRY_CONTROLS, capability.entry);
    vmcs_write(VMCS_PREEMPTION_TIMER, VMCS_SETUP_MANAGER_TICKS);
    vmcs_write(VMCS_MSR_BITMAP, paging_physical_of_image(msr_policy_manager_bitmap));
    vmcs_write(VMCS_IO_BITMAP_A, port_policy_manager_bitmap());
    vmcs_write(VMCS_IO_BITMAP_B, port_policy_manager_bitmap() + FRAME_SIZE);
    setup_flat_segments(RIGHTS_CODE_32);
    setup_start(entry, CR0_PE, 0, 0, 0);
}

/* Nothing is requested or in service, no EOI exits, and no TPR is too low. */
static void setup_virtual_apic(uint32_t slot)
{
    vmcs_write(VMCS_VIRTUAL_APIC_ADDRESS, address_of_frame(vcpu_frames_virtual_apic(slot)));
    vmcs_write(VMCS_TPR_THRESHOLD, 0);
    vmcs_write(VMCS_GUEST_INTERRUPT_STATUS, 0);
    vmcs_write(VMCS_EOI_EXIT_BITMAP0, 0);
    vmcs_write(VMCS_EOI_EXIT_BITMAP1, 0);
    vmcs_write(VMCS_EOI_EXIT_BITMAP2, 0);
    vmcs_write(VMCS_EOI_EXIT_BITMAP3, 0);
}

void vmcs_setup_guest(uint32_t cpu, uint32_t slot, uint32_t partition, uint64_t rip, uint64_t cr3)
{
    vmcs_setup_host(cpu);
    setup_controls(slot, partition);
    vmcs_write(VMCS_PIN_BASED_CONTROLS, capability.pin_guest);
    vmcs_write(VMCS_PRIMARY_CONTROLS, capability.primary_guest);
    vmcs_write(VMCS_SECONDARY_CONTROLS, capability.secondary_guest);
    if (capability.has_apic_virtualization) {
        setup_virtual_apic(slot);
    }
    vmcs_write(VMCS_ENTRY_CONTROLS, capability.entry | ENTRY_IA32E_MODE_GUEST);
    vmcs_write(VMCS_PREEMPTION_TIMER, 0);
    vmcs_write(VMCS_MSR_BITMAP, paging_physical_of_image(msr_policy_guest_bitmap));
    vmcs_write(VMCS_IO_BITMAP_A, port_policy_guest_bitmap());
    vmcs_write(VMCS_IO_BITMAP_B, port_policy_guest_bitmap() + FRAME_SIZE);
    setup_flat_segments(RIGHTS_CODE_64);
    setup_start(rip, CR0_PG | CR0_PE | CR0_MP, cr3, CR4_PAE, EFER_LME | EFER_LMA | EFER_NXE);
}
