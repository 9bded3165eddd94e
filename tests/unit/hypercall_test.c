/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "abi/hypercall.h"
#include "abi/status.h"
#include "vmx/exit.h"
#include "vmx/hypercall.h"
#include "vmx/vcpu_state.h"
#include "vmx/vmcs.h"

/* Who may make a hypercall, and what becomes of the registers.  What the hypercalls do is tested with what does it: the
 * functions that are not defined here are called by none of these tests. */
enum { KERNEL = 0x93, USER = 0xf3, UD = 6 };

static struct vcpu_state state_now;
static struct percpu this_cpu;
static uint64_t ss_rights, skipped;
static uint32_t injected;

uint64_t insn_read_gs_quadword(uint64_t offset)
{
    return (uint64_t)&this_cpu;
}

uint64_t vmcs_read(enum vmcs_field field)
{
    return field == VMCS_GUEST_SS_ACCESS_RIGHTS ? ss_rights : 0;
}

void event_inject_exception(uint32_t vector)
{
    injected = vector;
}

void exit_skip_bytes(uint64_t length)
{
    skipped += length;
}

void hypercall_poll(void)
{
}

static int setup(void **state)
{
    memset(&state_now, 0, sizeof(state_now));
    this_cpu.self = (uint64_t)&this_cpu;
    this_cpu.state_window = &state_now;
    state_now.gpr = (struct gpr_file){.rax = 0x7fff, .rdx = 2, .rdi = 3, .rsi = 4, .r8 = 5, .r10 = 6};
    ss_rights = KERNEL;
    skipped = injected = 0;
    return 0;
}

static void programs_of_the_manager_make_none(void **state)
{
    const struct gpr_file before = state_now.gpr;

    for (uint64_t level = 1; level <= 3; level++) {
        ss_rights = (KERNEL & ~0x60u) | level << 5;
        hypercall();
        assert_int_equal(injected, UD);
        assert_int_equal(skipped, 0);
        assert_memory_equal(&before, &state_now.gpr, sizeof(before));
        injected = 0;
    }
}

static void unknown_numbers(void **state)
{
    hypercall();
    assert_int_equal(injected, 0);
    assert_int_equal(skipped, 3);
    assert_int_equal(state_now.gpr.rax, STATUS_UNKNOWN);
    assert_int_equal(state_now.gpr.rdx, 0);
    assert_int_equal(state_now.gpr.rdi, 3);
    assert_int_equal(state_now.gpr.r10, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(programs_of_the_manager_make_none, setup),
        cmocka_unit_test_setup(unknown_numbers, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
