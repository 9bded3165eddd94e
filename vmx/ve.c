/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/ve.h"

#include "arch/x86_64/cr.h"
#include "arch/x86_64/vector.h"
#include "lib/addr.h"
#include "vmx/exit_reason.h"
#include "vmx/vcpu_state.h"
#include "vmx/vmcs.h"

#define INSTRUCTION_INFO_UNIT 0x100000000ull /* it is in bits 63:32 */

/*@ requires \valid_read(info) && \separated(info, &state_here);
    assigns state_here.ve;
    ensures \result == NEXT_RESUME;
    ensures held: \old(state_here.ve.valid) != 0 ==> state_here.ve.exit_reason == \old(state_here.ve.exit_reason);
    ensures valid: state_here.ve.valid != 0;
*/
static enum exit_next raise(const struct ve_info *info)
{
    struct ve_info *held = &vcpu_state()->ve;

    /* Has the guest not taken the information of the last one? */
    if (held->valid != 0) {
        event_inject_exception_with_code(VECTOR_DF, 0);
        return NEXT_RESUME;
    }
    *held = *info;
    held->valid = 1;
    vmcs_write(VMCS_GUEST_RFLAGS, vmcs_read(VMCS_GUEST_RFLAGS) | RFLAGS_RF);
    event_inject_exception(VECTOR_VE);
    return NEXT_RESUME;
}

/* The linear address is that of the operand, for string instructions alone. */
enum exit_next ve_raise_instruction(uint32_t reason)
{
    struct ve_info info = {
        .exit_reason = reason,
        .length_and_info = vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH),
    };

    if (reason == EXIT_IO_INSTRUCTION) {
        info.qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);
        info.linear_address = vmcs_read(VMCS_GUEST_LINEAR_ADDRESS);
        info.length_and_info |= low_half(vmcs_read(VMCS_EXIT_INSTRUCTION_INFO)) * INSTRUCTION_INFO_UNIT;
    }
    return raise(&info);
}

enum exit_next ve_raise_memory(uint64_t address, uint64_t qualification)
{
    const struct ve_info info = {
        .exit_reason = EXIT_EPT_VIOLATION,
        .qualification = qualification,
        .linear_address = vmcs_read(VMCS_GUEST_LINEAR_ADDRESS),
        .physical_address = address,
    };

    return raise(&info);
}

uint64_t ve_info_get(void)
{
    struct vcpu_state *state = vcpu_state();

    if (state->ve.valid == 0) {
        return TDX_NO_VALID_VE_INFO;
    }
    state->gpr.rcx = state->ve.exit_reason;
    state->gpr.rdx = state->ve.qualification;
    state->gpr.r8 = state->ve.linear_address;
    state->gpr.r9 = state->ve.physical_address;
    state->gpr.r10 = state->ve.length_and_info;
    state->ve.valid = 0;
    return TDX_SUCCESS;
}
