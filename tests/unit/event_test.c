/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "arch/x86_64/cr.h"
#include "arch/x86_64/vector.h"
#include "vmx/exit.h"
#include "vmx/vmcs.h"
#include "vmx/vmcs_control.h"

enum { PAGE_FAULT = 14, BREAKPOINT = 3, CODE = 0x18 };
#define EXCEPTION(vector)                                                                                    \
    (INTERRUPTION_VALID | INTERRUPTION_HARDWARE_EXCEPTION << INTERRUPTION_TYPE_SHIFT | (vector))

static uint64_t vmcs[0x7000];

uint64_t vmcs_read(enum vmcs_field field)
{
    return vmcs[field];
}

void vmcs_write(enum vmcs_field field, uint64_t value)
{
    vmcs[field] = value;
}

static int setup(void **state)
{
    memset(vmcs, 0, sizeof(vmcs));
    vmcs[VMCS_GUEST_CR0] = CR0_PG | CR0_PE;
    return 0;
}

static void protected_mode_has_error_codes(void **state)
{
    event_inject_exception_with_code(VECTOR_GP, CODE);
    assert_true(event_pending());
    assert_int_equal(vmcs[VMCS_ENTRY_INTERRUPTION_INFO], EXCEPTION(VECTOR_GP) | INTERRUPTION_HAS_ERROR_CODE);
    assert_int_equal(vmcs[VMCS_ENTRY_EXCEPTION_ERROR_CODE], CODE);
    event_inject_exception(VECTOR_UD);
    assert_int_equal(vmcs[VMCS_ENTRY_INTERRUPTION_INFO], EXCEPTION(VECTOR_UD));
}

/* The CPU refuses an entry that would deliver one. */
static void real_mode_has_none(void **state)
{
    vmcs[VMCS_GUEST_CR0] = CR0_NE | CR0_ET;
    event_inject_exception_with_code(VECTOR_DF, 0);
    assert_int_equal(vmcs[VMCS_ENTRY_INTERRUPTION_INFO], EXCEPTION(VECTOR_DF));
}

static void an_interrupted_delivery_is_made_up_for(void **state)
{
    event_requeue();
    assert_false(event_pending());
    vmcs[VMCS_IDT_VECTORING_INFO] =
        EXCEPTION(PAGE_FAULT) | INTERRUPTION_HAS_ERROR_CODE | INTERRUPTION_NMI_UNBLOCKING;
    vmcs[VMCS_IDT_VECTORING_ERROR_CODE] = CODE;
    vmcs[VMCS_EXIT_INSTRUCTION_LENGTH] = 1;
    event_requeue();
    assert_int_equal(vmcs[VMCS_ENTRY_INTERRUPTION_INFO], EXCEPTION(PAGE_FAULT) | INTERRUPTION_HAS_ERROR_CODE);
    assert_int_equal(vmcs[VMCS_ENTRY_EXCEPTION_ERROR_CODE], CODE);
    assert_int_equal(vmcs[VMCS_ENTRY_INSTRUCTION_LENGTH], 0);
    /* What an instruction made is delivered with its length. */
    vmcs[VMCS_IDT_VECTORING_INFO] =
        INTERRUPTION_VALID | INTERRUPTION_SOFTWARE_EXCEPTION << INTERRUPTION_TYPE_SHIFT | BREAKPOINT;
    event_requeue();
    assert_int_equal(vmcs[VMCS_ENTRY_INTERRUPTION_INFO], vmcs[VMCS_IDT_VECTORING_INFO]);
    assert_int_equal(vmcs[VMCS_ENTRY_INSTRUCTION_LENGTH], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(protected_mode_has_error_codes, setup),
        cmocka_unit_test_setup(real_mode_has_none, setup),
        cmocka_unit_test_setup(an_interrupted_delivery_is_made_up_for, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
