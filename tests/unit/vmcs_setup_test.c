/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/cr.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/percpu.h"
#include "ept/ept_window.h"
#include "lib/addr.h"
#include "vmx/capability.h"
#include "vmx/entry.h"
#include "vmx/msr_policy.h"
#include "vmx/port_policy.h"
#include "vmx/vcpu_frames.h"
#include "vmx/vcpu_state.h"
#include "vmx/vmcs.h"
#include "vmx/vmcs_control.h"
#include "vmx/vmcs_setup.h"

/*
 * A new VMCS, field by field: what keeps a partition in, and what the core finds when it comes back.  The numbers are the
 * manual's, not the core's names for them.
 */
enum {
    CPU = 1,
    SLOT = 6,
    OTHER_SLOT = 7,
    GUEST = 3,
    POOL_HFN = 5000,
    FIRST_VCPU_HFN = 9000,
    FIELDS = 0x8000
};
enum { MANAGER_PORTS = 0x111000, GUEST_PORTS = 0x222000 };

struct capability capability;
struct percpu percpus[CPUS_MAX];
_Alignas(FRAME_SIZE) uint8_t msr_policy_guest_bitmap[FRAME_SIZE];
_Alignas(FRAME_SIZE) uint8_t msr_policy_manager_bitmap[FRAME_SIZE];

static uint64_t value[FIELDS];
static bool written[FIELDS];

uint64_t vmcs_read(enum vmcs_field field)
{
    return value[field];
}

void vmcs_write(enum vmcs_field field, uint64_t to)
{
    value[field] = to;
    written[field] = true;
}

uint64_t insn_read_cr0(void)
{
    return 0x80010033;
}

uint64_t insn_read_cr4(void)
{
    return 0x3426e0;
}

uint64_t insn_rdmsr(uint32_t msr)
{
    return 0;
}

uint64_t insn_read_gs_quadword(uint64_t offset)
{
    return (uint64_t)&percpus[CPU];
}

hfn_t ept_window_root(uint32_t partition)
{
    return POOL_HFN + 40 + partition;
}

uint64_t paging_root(void)
{
    return 0x99000;
}

uint64_t paging_physical_of_image(const void *in_image)
{
    return (uint64_t)in_image;
}

uint64_t cpu_gdt_base(uint32_t cpu)
{
    return 0xd000 + cpu;
}

uint64_t cpu_tss_base(uint32_t cpu)
{
    return 0xe000 + cpu;
}

uint64_t cpu_idt_base(void)
{
    return 0xf000;
}

uint64_t port_policy_manager_bitmap(void)
{
    return MANAGER_PORTS;
}

uint64_t port_policy_guest_bitmap(void)
{
    return GUEST_PORTS;
}

void vmx_exit_entry(void)
{
}

static int setup(void **state)
{
    memset(value, 0xa5, sizeof(value));
    memset(written, 0, sizeof(written));
    capability = (struct capability){.pin = 0x68,
                                     .pin_guest = 0x69,
                                     .primary = 0x100,
                                     .primary_guest = 0x180,
                                     .secondary = 0xa2,
                                     .secondary_guest = 0x3b2,
                                     .exit = 0x200,
                                     .entry = 0x4,
                                     .has_perf_global_ctrl = true,
                                     .has_xsaves = true,
                                     .has_encls_exiting = true};
    percpus[CPU].state_window = (void *)0x200000010000;
    vcpu_frames_init(FIRST_VCPU_HFN);
    return 0;
}

static void assert_field(enum vmcs_field field, uint64_t expected)
{
    assert_true(written[field]);
    assert_int_equal(value[field], expected);
}

/* #UD, #DB, #AC, #MC exit and nothing is left of what the VMCS held before. */
static void assert_kept_in(uint32_t slot, uint32_t partition)
{
    assert_field(VMCS_EXCEPTION_BITMAP, 1u << 1 | 1u << 6 | 1u << 17 | 1u << 18);
    assert_field(VMCS_PAGE_FAULT_ERROR_MASK, 0);
    assert_field(VMCS_PAGE_FAULT_ERROR_MATCH, 0);
    assert_field(VMCS_EXIT_CONTROLS, capability.exit);
    assert_field(VMCS_CR3_TARGET_COUNT, 0);
    assert_field(VMCS_EXIT_MSR_STORE_COUNT, 0);
    assert_field(VMCS_EXIT_MSR_LOAD_COUNT, 0);
    assert_field(VMCS_ENTRY_MSR_LOAD_COUNT, 0);
    assert_field(VMCS_ENTRY_INTERRUPTION_INFO, 0);
    assert_field(VMCS_EPT_POINTER, (POOL_HFN + 40ull + partition) * 4096 + 6 + (3 << 3));
    assert_field(VMCS_XSS_EXITING_BITMAP, UINT64_MAX);
    assert_field(VMCS_ENCLS_EXITING_BITMAP, UINT64_MAX);
    assert_field(VMCS_LINK_POINTER, UINT64_MAX);
    assert_field(VMCS_GUEST_IA32_PERF_GLOBAL_CTRL, 0);
    assert_field(VMCS_GUEST_IA32_DEBUGCTL, 0);
    /* NW and CD, and all that is reserved, are the core's; of CR4, MCE, VMXE, SMXE, PKE, CET, LA57. */
    assert_field(VMCS_CR0_MASK, ~0x8005001full);
    assert_int_equal(value[VMCS_CR4_MASK] & (1u << 6 | 1u << 12 | 1u << 13 | 1u << 14 | 1u << 22 | 1u << 23),
                     1u << 6 | 1u << 12 | 1u << 13 | 1u << 14 | 1u << 22 | 1u << 23);
    assert_true(written[VMCS_CR4_MASK]);
    assert_int_equal(value[VMCS_CR4_MASK] >> 24, UINT64_MAX >> 24);
    /* MCE and VMXE are on, whatever it sees. */
    assert_int_equal(value[VMCS_GUEST_CR4] & (1u << 6 | 1u << 13), 1u << 6 | 1u << 13);
    assert_int_not_equal(value[VMCS_VPID], 0);
    assert_field(VMCS_VPID, slot + 1);
}

static void assert_the_core_is_found(void)
{
    assert_field(VMCS_HOST_CR0, insn_read_cr0());
    assert_field(VMCS_HOST_CR3, paging_root());
    assert_field(VMCS_HOST_CR4, insn_read_cr4());
    assert_field(VMCS_HOST_CS_SELECTOR, SELECTOR_CODE);
    assert_field(VMCS_HOST_TR_SELECTOR, SELECTOR_TSS);
    assert_field(VMCS_HOST_TR_BASE, cpu_tss_base(CPU));
    assert_field(VMCS_HOST_GDTR_BASE, cpu_gdt_base(CPU));
    assert_field(VMCS_HOST_IDTR_BASE, cpu_idt_base());
    assert_field(VMCS_HOST_GS_BASE, (uint64_t)&percpus[CPU]);
    assert_field(VMCS_HOST_FS_BASE, 0);
    assert_field(VMCS_HOST_IA32_SYSENTER_CS, 0);
    assert_field(VMCS_HOST_IA32_PAT, 0x0007040600070406);
    assert_field(VMCS_HOST_IA32_EFER, 0xd00); /* LME, LMA, NXE */
    assert_field(VMCS_HOST_IA32_PERF_GLOBAL_CTRL, 0);
    assert_field(VMCS_HOST_RIP, (uint64_t)vmx_exit_entry);
}

static void a_guest_is_kept_in(void **state)
{
    vmcs_setup_guest(CPU, SLOT, GUEST, 0x1000, 0x2000);
    assert_kept_in(SLOT, GUEST);
    assert_the_core_is_found();
    assert_field(VMCS_PIN_BASED_CONTROLS, capability.pin_guest);
    assert_field(VMCS_PRIMARY_CONTROLS, capability.primary_guest);
    assert_field(VMCS_SECONDARY_CONTROLS, capability.secondary_guest);
    assert_field(VMCS_ENTRY_CONTROLS, capability.entry | 1u << 9);
    assert_field(VMCS_MSR_BITMAP, (uint64_t)msr_policy_guest_bitmap);
    assert_field(VMCS_IO_BITMAP_A, GUEST_PORTS);
    assert_field(VMCS_IO_BITMAP_B, GUEST_PORTS + 4096);
    assert_field(VMCS_GUEST_RIP, 0x1000);
    assert_field(VMCS_GUEST_CR3, 0x2000);
    assert_field(VMCS_GUEST_RFLAGS, 2);
}

static void the_manager_is_kept_in(void **state)
{
    vmcs_setup_manager(CPU, SLOT, 0x3000);
    assert_kept_in(SLOT, PARTITION_MANAGER);
    assert_the_core_is_found();
    assert_field(VMCS_PIN_BASED_CONTROLS, capability.pin);
    assert_field(VMCS_PRIMARY_CONTROLS, capability.primary);
    assert_field(VMCS_SECONDARY_CONTROLS, capability.secondary);
    assert_field(VMCS_ENTRY_CONTROLS, capability.entry);
    assert_field(VMCS_MSR_BITMAP, (uint64_t)msr_policy_manager_bitmap);
    assert_field(VMCS_IO_BITMAP_A, MANAGER_PORTS);
    assert_field(VMCS_IO_BITMAP_B, MANAGER_PORTS + 4096);
    assert_field(VMCS_GUEST_RIP, 0x3000);
}

/* Its own page, with nothing pending and no EOI that exits; and where the core keeps the APIC, none of it. */
static void a_guest_has_its_own_virtual_apic_page(void **state)
{
    vmcs_setup_guest(CPU, SLOT, GUEST, 0x1000, 0x2000);
    assert_false(written[0x2012]);
    capability.has_apic_virtualization = true;
    vmcs_setup_guest(CPU, SLOT, GUEST, 0x1000, 0x2000);
    assert_field(0x2012, 4096ull * (FIRST_VCPU_HFN + 3 * SLOT + 2));
    assert_field(0x401c, 0); /* TPR threshold */
    assert_field(0x0810, 0); /* RVI, SVI */
    for (uint32_t field = 0x201c; field <= 0x2022; field += 2) {
        assert_field(field, 0); /* EOI-exit bitmap */
    }
    memset(written, 0, sizeof(written));
    vmcs_setup_manager(CPU, SLOT, 0x3000);
    assert_false(written[0x2012]);
}

static void vcpus_share_no_translations(void **state)
{
    vmcs_setup_guest(CPU, OTHER_SLOT, GUEST, 0x1000, 0x2000);
    assert_kept_in(OTHER_SLOT, GUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_guest_is_kept_in, setup),
        cmocka_unit_test_setup(the_manager_is_kept_in, setup),
        cmocka_unit_test_setup(a_guest_has_its_own_virtual_apic_page, setup),
        cmocka_unit_test_setup(vcpus_share_no_translations, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
