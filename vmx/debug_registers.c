/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/debug_registers.h"

#include "arch/x86_64/cr.h"
#include "arch/x86_64/insn.h"
#include "vmx/vmcs.h"
#include "vmx/vmcs_control.h"

static void write_all(uint64_t dr0, uint64_t dr1, uint64_t dr2, uint64_t dr3, uint64_t dr6)
{
    insn_write_dr0(dr0);
    insn_write_dr1(dr1);
    insn_write_dr2(dr2);
    insn_write_dr3(dr3);
    insn_write_dr6(dr6);
}

void debug_registers_init(void)
{
    write_all(0, 0, 0, 0, DR6_RESET);
}

static void set_uses(struct vcpu_state *state, bool uses)
{
    const uint64_t controls = vmcs_read(VMCS_PRIMARY_CONTROLS) & ~(uint64_t)PRIMARY_MOV_DR_EXITING;

    state->uses_debug = uses;
    vmcs_write(VMCS_PRIMARY_CONTROLS, controls | (uses ? 0 : PRIMARY_MOV_DR_EXITING));
}

void debug_registers_use(void)
{
    set_uses(vcpu_state(), true);
}

void debug_registers_save(struct vcpu_state *state)
{
    state->dr[0] = insn_read_dr0();
    state->dr[1] = insn_read_dr1();
    state->dr[2] = insn_read_dr2();
    state->dr[3] = insn_read_dr3();
    state->dr6 = insn_read_dr6();
    debug_registers_init();
    /* Are they as after reset, so that it can do without them until its next MOV DR? */
    if ((state->dr[0] | state->dr[1] | state->dr[2] | state->dr[3]) == 0 && state->dr6 == DR6_RESET &&
        vmcs_read(VMCS_GUEST_DR7) == DR7_RESET) {
        set_uses(state, false);
    }
}

void debug_registers_load(const struct vcpu_state *state)
{
    write_all(state->dr[0], state->dr[1], state->dr[2], state->dr[3], state->dr6);
}
