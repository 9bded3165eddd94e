/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/cr.h"
#include "vmx/exit.h"
#include "vmx/vmcs.h"
#include "vmx/vmcs_control.h"

static void inject(uint32_t vector, uint32_t type, uint32_t flags)
{
    vmcs_write(VMCS_ENTRY_INTERRUPTION_INFO,
               vector | type << INTERRUPTION_TYPE_SHIFT | flags | INTERRUPTION_VALID);
}

void event_inject_exception(uint32_t vector)
{
    inject(vector, INTERRUPTION_HARDWARE_EXCEPTION, 0);
}

/* Real mode has no error codes, and the CPU refuses to deliver one.  Source: Intel SDM Vol. 3C, "VM-Entry Control Fields". */
void event_inject_exception_with_code(uint32_t vector, uint32_t error_code)
{
    if ((vmcs_read(VMCS_GUEST_CR0) & CR0_PE) == 0) {
        event_inject_exception(vector);
        return;
    }
    vmcs_write(VMCS_ENTRY_EXCEPTION_ERROR_CODE, error_code);
    inject(vector, INTERRUPTION_HARDWARE_EXCEPTION, INTERRUPTION_HAS_ERROR_CODE);
}

void event_inject_interrupt(uint32_t vector)
{
    inject(vector, INTERRUPTION_EXTERNAL, 0);
}

bool event_pending(void)
{
    return (vmcs_read(VMCS_ENTRY_INTERRUPTION_INFO) & INTERRUPTION_VALID) != 0;
}

void exit_skip_bytes(uint64_t length)
{
    uint64_t blocking = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);

    vmcs_write(VMCS_GUEST_RIP, vmcs_read(VMCS_GUEST_RIP) + length);
    if ((blocking & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS)) != 0) {
        vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, blocking & ~(uint64_t)(BLOCKING_BY_STI | BLOCKING_BY_MOV_SS));
    }
}

void exit_skip_instruction(void)
{
    exit_skip_bytes(vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH));
}

/* An event whose delivery the exit interrupted is not lost: it is injected again. */
void event_requeue(void)
{
    uint64_t info = vmcs_read(VMCS_IDT_VECTORING_INFO);
    uint64_t type = info >> INTERRUPTION_TYPE_SHIFT & INTERRUPTION_TYPE_MASK;

    if ((info & INTERRUPTION_VALID) == 0) {
        return;
    }
    if ((info & INTERRUPTION_HAS_ERROR_CODE) != 0) {
        vmcs_write(VMCS_ENTRY_EXCEPTION_ERROR_CODE, vmcs_read(VMCS_IDT_VECTORING_ERROR_CODE));
    }
    if (type >= INTERRUPTION_SOFTWARE_INTERRUPT) {
        vmcs_write(VMCS_ENTRY_INSTRUCTION_LENGTH, vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH));
    }
    vmcs_write(VMCS_ENTRY_INTERRUPTION_INFO, info & ~(uint64_t)INTERRUPTION_NMI_UNBLOCKING);
}
