/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "arch/x86_64/cpu_bugs.h"
#include "arch/x86_64/msr.h"
#include "tests/unit/fake_machine.h"

enum { MD_CLEAR = 1 << 10, IBRS_IBPB = 1 << 26, L1D_FLUSH = 1 << 28, ARCH = 1 << 29 };

static void an_old_cpu_without_microcode(void **state)
{
    const struct cpu_bugs bugs = cpu_bugs_decide(true, 0, false, 0);
    assert_false(bugs.flush);
    assert_false(bugs.barrier);
    assert_false(bugs.large_executable);
    assert_true(bugs.l1tf_open);
    assert_true(bugs.mds_open);
    assert_true(bugs.v2_open);
}

static void an_old_cpu_with_microcode(void **state)
{
    const struct cpu_bugs bugs = cpu_bugs_decide(true, MD_CLEAR | IBRS_IBPB | L1D_FLUSH, false, 0);
    assert_true(bugs.flush && bugs.l1d && bugs.verw && bugs.barrier);
    assert_false(bugs.l1tf_open || bugs.mds_open || bugs.v2_open);
}

static void a_cpu_free_of_all(void **state)
{
    const uint32_t words = (uint32_t)(MD_CLEAR | IBRS_IBPB | L1D_FLUSH | ARCH);
    const uint64_t free = ARCH_CAP_RDCL_NO | ARCH_CAP_MDS_NO | ARCH_CAP_TAA_NO | ARCH_CAP_IF_PSCHANGE_MC_NO |
                          ARCH_CAP_FBSDP_NO | ARCH_CAP_PSDP_NO | ARCH_CAP_RFDS_NO;
    struct cpu_bugs bugs = cpu_bugs_decide(true, words, true, free);
    assert_false(bugs.flush);
    assert_true(bugs.barrier);
    assert_true(bugs.large_executable);
    assert_false(bugs.l1tf_open || bugs.mds_open || bugs.v2_open);
    /* Each defect on its own. */
    assert_true(cpu_bugs_decide(true, words, false, free & ~(uint64_t)ARCH_CAP_RDCL_NO).l1d);
    assert_true(cpu_bugs_decide(true, words, false, free & ~(uint64_t)ARCH_CAP_MDS_NO).verw);
    assert_true(cpu_bugs_decide(true, words, true, free & ~(uint64_t)ARCH_CAP_TAA_NO).verw);
    assert_false(cpu_bugs_decide(true, words, false, free & ~(uint64_t)ARCH_CAP_TAA_NO).verw);
    assert_true(
        cpu_bugs_decide(true, words, false, (free | ARCH_CAP_FB_CLEAR) & ~(uint64_t)ARCH_CAP_FBSDP_NO).verw);
    assert_true(
        cpu_bugs_decide(true, words, false, (free | ARCH_CAP_RFDS_CLEAR) & ~(uint64_t)ARCH_CAP_RFDS_NO).verw);
    /* A hypervisor above flushes. */
    assert_false(cpu_bugs_decide(true, words, false, ARCH_CAP_SKIP_L1DFL_VMENTRY).l1d);
}

/* Of Intel's CPUs the barrier clears the return stack. */
static void the_return_stack_is_filled_where_the_barrier_may_leave_it(void **state)
{
    assert_false(cpu_bugs_decide(true, IBRS_IBPB, false, 0).return_stack);
    assert_true(cpu_bugs_decide(false, IBRS_IBPB, false, 0).return_stack);
    assert_false(cpu_bugs_decide(false, 0, false, 0).return_stack);
}

static void a_tainted_cpu_flushes_once(void **state)
{
    fake_reset();
    cpu_bugs = cpu_bugs_decide(true, MD_CLEAR | L1D_FLUSH, false, 0);
    percpus[0].taint = 0;
    cpu_bugs_before_entry();
    assert_int_equal(fake_count(FAKE_MSR, MSR_IA32_FLUSH_CMD), 0);
    percpus[0].taint = 1;
    cpu_bugs_before_entry();
    cpu_bugs_before_entry();
    assert_int_equal(fake_count(FAKE_MSR, MSR_IA32_FLUSH_CMD), 1);
    assert_int_equal(percpus[0].taint, 0);
    cpu_bugs_on_switch();
    assert_int_equal(fake_count(FAKE_MSR, MSR_IA32_PRED_CMD), 0);
    cpu_bugs = cpu_bugs_decide(true, IBRS_IBPB, false, 0);
    cpu_bugs_on_switch();
    assert_int_equal(fake_last(FAKE_MSR, MSR_IA32_PRED_CMD), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_cpu_without_microcode),
        cmocka_unit_test(an_old_cpu_with_microcode),
        cmocka_unit_test(a_cpu_free_of_all),
        cmocka_unit_test(the_return_stack_is_filled_where_the_barrier_may_leave_it),
        cmocka_unit_test(a_tainted_cpu_flushes_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
