/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <string.h>

#include "arch/x86_64/insn.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/vmxon.h"
#include "arch/x86_64/window.h"
#include "tests/unit/fake_machine.h"

/* No emulator here has a firmware that locks VMX off, so the refusal is shown here. */

enum { VMX = 1 << 5, REFUSED = 3, ON = 4 };

static const char *refusal;
static uint32_t region[1024];
static uint64_t cr0, cr4;

_Noreturn void refuse(const char *sentence)
{
    refusal = sentence;
    longjmp(fake.end, REFUSED);
}

void *window_open(hfn_t frame)
{
    return region;
}

void window_close(void)
{
}

uint64_t insn_read_cr0(void)
{
    return cr0;
}

void insn_write_cr0(uint64_t value)
{
    cr0 = value;
}

uint64_t insn_read_cr4(void)
{
    return cr4;
}

void insn_write_cr4(uint64_t value)
{
    cr4 = value;
}

bool insn_vmxon(uint64_t address)
{
    longjmp(fake.end, ON);
}

/* A machine whose firmware left FEATURE_CONTROL so: how vmxon_this_cpu() ends there. */
static int with_feature_control(uint32_t features, uint64_t control)
{
    int end;

    fake_reset();
    refusal = "";
    fake.cpuid_1_ecx = features;
    fake.msr[MSR_IA32_FEATURE_CONTROL] = control;
    fake.msr[MSR_IA32_VMX_CR0_FIXED1] = UINT64_MAX;
    fake.msr[MSR_IA32_VMX_CR4_FIXED1] = UINT64_MAX;
    end = setjmp(fake.end);
    if (end == 0) {
        vmxon_this_cpu(1);
    }
    return end;
}

static void a_cpu_without_vmx_is_refused(void **state)
{
    assert_int_equal(with_feature_control(0, FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX_OUTSIDE_SMX),
                     REFUSED);
    assert_non_null(strstr(refusal, "no VMX"));
}

static void vmx_locked_off_is_refused(void **state)
{
    assert_int_equal(with_feature_control(VMX, FEATURE_CONTROL_LOCK), REFUSED);
    assert_non_null(strstr(refusal, "locked off by the firmware"));
    assert_int_equal(fake_count(FAKE_MSR, MSR_IA32_FEATURE_CONTROL), 0);
}

static void vmx_locked_on_is_taken_as_it_is(void **state)
{
    assert_int_equal(with_feature_control(VMX, FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX_OUTSIDE_SMX), ON);
    assert_int_equal(fake_count(FAKE_MSR, MSR_IA32_FEATURE_CONTROL), 0);
}

static void what_the_firmware_left_open_is_set_and_locked(void **state)
{
    assert_int_equal(with_feature_control(VMX, 0), ON);
    assert_int_equal(fake_last(FAKE_MSR, MSR_IA32_FEATURE_CONTROL),
                     FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX_OUTSIDE_SMX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cpu_without_vmx_is_refused),
        cmocka_unit_test(vmx_locked_off_is_refused),
        cmocka_unit_test(vmx_locked_on_is_taken_as_it_is),
        cmocka_unit_test(what_the_firmware_left_open_is_set_and_locked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
