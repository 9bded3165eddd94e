/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/mce.h"
#include "arch/x86_64/msr_safe.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/trap.h"

/* Exceptions in the core: an NMI is answered, one #GP is expected, everything else stops it. */
const uint8_t msr_safe_read_at[1], msr_safe_write_at[1], msr_safe_failed[1];

static uint32_t nmis;
static jmp_buf stopped;
static enum panic_reason why;
static uint64_t told;

void trap_nmi(void)
{
    nmis++;
}

uint64_t insn_read_cr2(void)
{
    return 0xcafe;
}

_Noreturn void panic(enum panic_reason reason, uint64_t a, uint64_t b)
{
    why = reason;
    told = b;
    longjmp(stopped, 1);
}

_Noreturn void mce_report(void)
{
    why = PANIC_MACHINE_CHECK;
    longjmp(stopped, 1);
}

static bool stops(struct trap_frame *frame)
{
    if (setjmp(stopped) != 0) {
        return true;
    }
    trap_handle(frame);
    return false;
}

static void one_protection_fault_is_expected(void **state)
{
    struct trap_frame frame = {.vector = 13, .rip = (uint64_t)msr_safe_read_at};

    assert_false(stops(&frame));
    assert_int_equal(frame.rip, (uint64_t)msr_safe_failed);
    frame.rip = (uint64_t)msr_safe_write_at;
    assert_false(stops(&frame));
    assert_int_equal(frame.rip, (uint64_t)msr_safe_failed);
    frame.rip = (uint64_t)msr_safe_read_at + 1;
    assert_true(stops(&frame));
    assert_int_equal(why, PANIC_EXCEPTION);
}

static void no_other_exception_is(void **state)
{
    for (uint64_t vector = 0; vector < 256; vector++) {
        struct trap_frame frame = {.vector = vector, .rip = vector == 13 ? 1 : (uint64_t)msr_safe_read_at};

        nmis = 0;
        assert_int_equal(stops(&frame), vector != 2);
        assert_int_equal(nmis, vector == 2);
        assert_true(vector == 2 || why == (vector == 18 ? PANIC_MACHINE_CHECK : PANIC_EXCEPTION));
        assert_true(vector != 14 || told == 0xcafe);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_protection_fault_is_expected),
        cmocka_unit_test(no_other_exception_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
