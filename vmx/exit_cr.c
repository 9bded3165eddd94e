/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/insn.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/vector.h"
#include "isolation/audit.h"
#include "vmx/cr_policy.h"
#include "vmx/exit.h"
#include "vmx/exit_reason.h"
#include "vmx/guest_register.h"
#include "vmx/vcpu_state.h"
#include "vmx/vlapic.h"
#include "vmx/vmcs.h"
#include "vmx/vmcs_control.h"

/* Writes to CR0 and CR4 that touch an owned bit, and CR8.
 * Source: Intel SDM Vol. 3C, "Exit Qualification for Control-Register Accesses". */
enum cr_access_type {
    CR_ACCESS_MOV_TO = 0,
    CR_ACCESS_MOV_FROM = 1,
};
#define QUALIFICATION_CR_MASK        0xfu
#define QUALIFICATION_ACCESS_SHIFT   4u
#define QUALIFICATION_ACCESS_MASK    3u
#define QUALIFICATION_REGISTER_SHIFT 8u
#define QUALIFICATION_REGISTER_MASK  0xfu
#define CS_LONG                      (1u << 13) /* access rights of CS: 64-bit code */
#define CR8                          8u
#define CR3_PCID_MASK                0xfffull

enum cr_result {
    CR_DONE = 0,
    CR_FAULT = 1,   /* #GP(0) */
    CR_UNKNOWN = 2, /* an access that nothing makes exit */
};

static bool has_long_code_segment(void)
{
    return (vmcs_read(VMCS_GUEST_CS_ACCESS_RIGHTS) & CS_LONG) != 0;
}

static bool in_64_bit_code(void)
{
    return has_long_code_segment() && (vmcs_read(VMCS_GUEST_IA32_EFER) & EFER_LMA) != 0;
}

/* Long mode begins and ends with paging: what hardware does for a write that does not exit. */
static void set_long_mode_active(bool active)
{
    const uint64_t efer = vmcs_read(VMCS_GUEST_IA32_EFER) & ~(uint64_t)EFER_LMA;
    const uint64_t controls = vmcs_read(VMCS_ENTRY_CONTROLS) & ~(uint64_t)ENTRY_IA32E_MODE_GUEST;

    vmcs_write(VMCS_GUEST_IA32_EFER, efer | (active ? EFER_LMA : 0));
    vmcs_write(VMCS_ENTRY_CONTROLS, controls | (active ? ENTRY_IA32E_MODE_GUEST : 0));
}

/* May paging be switched on, into long mode or into 32-bit paging?  The page-directory pointers of PAE paging are in
 * memory that the core does not read: by this path it is refused. */
static bool paging_can_begin(bool long_mode)
{
    const bool pae = (vmcs_read(VMCS_GUEST_CR4) & CR4_PAE) != 0;

    return long_mode ? pae && !has_long_code_segment() : !pae;
}

static bool paging_can_end(void)
{
    return !in_64_bit_code() && (vmcs_read(VMCS_GUEST_CR4) & CR4_PCIDE) == 0;
}

static enum cr_result write_cr0(uint64_t value)
{
    const uint64_t old = vmcs_read(VMCS_GUEST_CR0);
    const bool long_mode = (vmcs_read(VMCS_GUEST_IA32_EFER) & EFER_LME) != 0;
    const bool paging_changes = ((value ^ old) & CR0_PG) != 0;

    /* Is it a value the architecture allows?  Bits below 32 that it does not define are ignored. */
    if (value > UINT32_MAX || ((value & CR0_PG) != 0 && (value & CR0_PE) == 0) ||
        ((value & CR0_NW) != 0 && (value & CR0_CD) == 0)) {
        return CR_FAULT;
    }
    if (paging_changes && !((value & CR0_PG) != 0 ? paging_can_begin(long_mode) : paging_can_end())) {
        return CR_FAULT;
    }
    /* All checks passed: nothing below can fail. */
    if (paging_changes && long_mode) {
        set_long_mode_active((value & CR0_PG) != 0);
    }
    vmcs_write(VMCS_GUEST_CR0, (value & CR_POLICY_CR0_FREE) | CR_POLICY_CR0_SET);
    vmcs_write(VMCS_CR0_READ_SHADOW, (value & CR_POLICY_CR0_SHADOWED) | CR0_ET);
    return CR_DONE;
}

/* Is this change of CR4 one that the paging mode allows? */
static bool cr4_change_is_valid(uint64_t value, uint64_t old)
{
    const bool long_mode = (vmcs_read(VMCS_GUEST_IA32_EFER) & EFER_LMA) != 0;
    const bool paging = (vmcs_read(VMCS_GUEST_CR0) & CR0_PG) != 0;
    const bool pcid_begins = (value & ~old & CR4_PCIDE) != 0;

    if (pcid_begins && (!long_mode || (vmcs_read(VMCS_GUEST_CR3) & CR3_PCID_MASK) != 0)) {
        return false;
    }
    return !paging || ((value ^ old) & CR4_PAE) == 0;
}

static enum cr_result write_cr4(uint64_t value)
{
    const uint64_t old = vmcs_read(VMCS_GUEST_CR4);
    const uint64_t supported = insn_rdmsr(MSR_IA32_VMX_CR4_FIXED1);

    /* Are they bits that a partition has, and the CPU? */
    if ((value & ~(CR_POLICY_CR4_FREE | CR_POLICY_CR4_SHADOWED)) != 0 || (value & ~supported) != 0) {
        return CR_FAULT;
    }
    if (!cr4_change_is_valid(value, old)) {
        return CR_FAULT;
    }
    /* All checks passed: nothing below can fail. */
    vmcs_write(VMCS_GUEST_CR4, (value & CR_POLICY_CR4_FREE) | CR_POLICY_CR4_SET);
    vmcs_write(VMCS_CR4_READ_SHADOW, value & CR_POLICY_CR4_SHADOWED);
    return CR_DONE;
}

static uint64_t read_register(uint32_t number)
{
    const uint64_t value =
        number == GUEST_RSP ? vmcs_read(VMCS_GUEST_RSP) : *guest_register(&vcpu_state()->gpr, number);

    return in_64_bit_code() ? value : (uint32_t)value;
}

/* CR8 is reachable in 64-bit mode alone. */
static void write_register(uint32_t number, uint64_t value)
{
    if (number == GUEST_RSP) {
        vmcs_write(VMCS_GUEST_RSP, value);
    } else {
        *guest_register(&vcpu_state()->gpr, number) = value;
    }
}

/* The exit qualification of an access to a control register. */
struct cr_access {
    uint32_t cr;
    uint32_t type;   /* enum cr_access_type */
    uint32_t number; /* of the general-purpose register */
};

static struct cr_access decode(void)
{
    const uint32_t qualification = (uint32_t)vmcs_read(VMCS_EXIT_QUALIFICATION);

    return (struct cr_access){
        .cr = qualification & QUALIFICATION_CR_MASK,
        .type = (qualification >> QUALIFICATION_ACCESS_SHIFT) & QUALIFICATION_ACCESS_MASK,
        .number = (qualification >> QUALIFICATION_REGISTER_SHIFT) & QUALIFICATION_REGISTER_MASK,
    };
}

/* A guest's task priority is the virtual x2APIC's. */
static enum cr_result access_cr8(struct cr_access access)
{
    switch (access.type) {
    case CR_ACCESS_MOV_FROM:
        write_register(access.number, vlapic_cr8());
        return CR_DONE;
    case CR_ACCESS_MOV_TO:
        return vlapic_set_cr8(read_register(access.number)) == VLAPIC_DONE ? CR_DONE : CR_FAULT;
    default:
        return CR_UNKNOWN;
    }
}

static enum cr_result access_cr0_or_cr4(struct cr_access access)
{
    if (access.type != CR_ACCESS_MOV_TO) {
        return CR_UNKNOWN;
    }
    switch (access.cr) {
    case 0:
        return write_cr0(read_register(access.number));
    case 4:
        return write_cr4(read_register(access.number));
    default:
        return CR_UNKNOWN;
    }
}

enum exit_next exit_cr_access(void)
{
    const struct cr_access access = decode();

    switch (access.cr == CR8 ? access_cr8(access) : access_cr0_or_cr4(access)) {
    case CR_DONE:
        exit_skip_instruction();
        return NEXT_RESUME;
    case CR_FAULT:
        event_inject_exception_with_code(VECTOR_GP, 0);
        return NEXT_RESUME;
    default:
        return run_return_killed(KILL_UNEXPECTED_EXIT, EXIT_CR_ACCESS);
    }
}

void exit_manager_cr_access(void)
{
    if (access_cr0_or_cr4(decode()) == CR_DONE) {
        exit_skip_instruction();
        return;
    }
    audit_record(AUDIT_MANAGER_EXCEPTION, EXIT_CR_ACCESS, vmcs_read(VMCS_EXIT_QUALIFICATION), 0);
    event_inject_exception_with_code(VECTOR_GP, 0);
}
