/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/vmx_fake.h"

#include "arch/x86_64/cr.h"
#include "arch/x86_64/vector.h"
#include "vmx/cpuid_policy.h"
#include "vmx/exit_reason.h"
#include "vmx/ve.h"
#include "vmx/vmcs_control.h"

static int setup(void **test)
{
    fake_reset();
    cpuid_policy_init(2000000, true);
    return 0;
}

static void exception_exit(uint32_t vector, uint32_t flags)
{
    vmcs_write(VMCS_EXIT_INTERRUPTION_INFO, vector |
                                                INTERRUPTION_HARDWARE_EXCEPTION << INTERRUPTION_TYPE_SHIFT |
                                                flags | INTERRUPTION_VALID);
}

/* Code at linear and guest-physical 0x5000, by tables in frames 1 to 4. */
static void map_code(void)
{
    for (uint64_t level = 1; level <= 4; level++) {
        const uint64_t entry = (level + 1) << 12 | 1;

        memcpy(&fake.memory[level][level == 4 ? 5 * 8 : 0], &entry, 8);
    }
    vmcs_write(VMCS_GUEST_CR3, 0x1000);
    vmcs_write(VMCS_GUEST_RIP, 0x5000);
    memcpy(fake.memory[5], "\x66\x0f\x01\xcc", 4);
}

static bool runs_tdcall(void)
{
    fake.skipped = 0;
    fake_clear_injected();
    memset(vcpu_state()->tdcall_sites, 0, sizeof(vcpu_state()->tdcall_sites));
    exception_exit(VECTOR_UD, 0);
    vmcs_write(VMCS_GUEST_RIP, 0x5000);
    assert_int_equal(exit_exception(vmcs_read(VMCS_EXIT_INTERRUPTION_INFO)), NEXT_RESUME);
    assert_int_equal(fake.skipped != 0, !fake_raises(VECTOR_UD));
    return fake.skipped == 4;
}

static void tdcall_by_undefined_opcode(void **test)
{
    map_code();
    vcpu_state()->gpr.rax = TDG_VP_INFO;
    assert_true(runs_tdcall());
    vcpu_state()->gpr.rax = 32;
    assert_false(runs_tdcall());
    vcpu_state()->gpr.rax = 1ull << 32 | TDG_VP_INFO;
    assert_false(runs_tdcall());
    vcpu_state()->gpr.rax = TDG_VP_INFO;
    vmcs_write(VMCS_GUEST_SS_ACCESS_RIGHTS, 0xc0f3); /* CPL 3 */
    assert_false(runs_tdcall());
    vmcs_write(VMCS_GUEST_SS_ACCESS_RIGHTS, 0xc093);
    vmcs_write(VMCS_GUEST_CS_ACCESS_RIGHTS, 0xc09b); /* 32-bit code */
    assert_false(runs_tdcall());
    vmcs_write(VMCS_GUEST_CS_ACCESS_RIGHTS, 0xa09b);
    memcpy(fake.memory[5], "\x0f\x0b\x01\xcc", 4); /* UD2 */
    assert_false(runs_tdcall());
}

static void tdcall_by_its_own_exit(void **test)
{
    vcpu_state()->gpr.rax = TDG_VP_INFO;
    assert_int_equal(exit_tdcall(), NEXT_RESUME);
    assert_int_equal(fake.skipped, 4);
    vmcs_write(VMCS_GUEST_CS_ACCESS_RIGHTS, 0xc09b);
    exit_tdcall();
    assert_true(fake_raises(VECTOR_UD));
    assert_int_equal(fake.skipped, 4);
}

static void nmi_blocking_comes_back(void **test)
{
    exception_exit(VECTOR_UD, INTERRUPTION_NMI_UNBLOCKING);
    vcpu_state()->gpr.rax = 1000;
    exit_exception(vmcs_read(VMCS_EXIT_INTERRUPTION_INFO));
    assert_int_equal(vmcs_read(VMCS_GUEST_INTERRUPTIBILITY), BLOCKING_BY_NMI);
    fake_clear_injected();
    vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, 0);
    vmcs_write(VMCS_IDT_VECTORING_INFO, INTERRUPTION_VALID);
    exit_exception(vmcs_read(VMCS_EXIT_INTERRUPTION_INFO));
    assert_int_equal(vmcs_read(VMCS_GUEST_INTERRUPTIBILITY), 0);
}

static void debug_exceptions(void **test)
{
    fake.dr6 = 0xffff0ff0 | 0xf;
    vmcs_write(VMCS_GUEST_DR7, 0x400 | 1u << 13);
    vmcs_write(VMCS_EXIT_QUALIFICATION, 1u << 14 | 2);
    exception_exit(VECTOR_DB, 0);
    assert_int_equal(exit_exception(vmcs_read(VMCS_EXIT_INTERRUPTION_INFO)), NEXT_RESUME);
    assert_true(fake_raises(VECTOR_DB));
    assert_int_equal(fake.dr6, 0xffff0ff0 | 1u << 14 | 2);
    assert_int_equal(vmcs_read(VMCS_GUEST_DR7), 0x400);
    assert_int_equal(vmcs_read(VMCS_GUEST_PENDING_DEBUG_EXCEPTIONS), 0);
    /* Single step with blocking by STI: the entry needs the pending step, or it fails. */
    fake_clear_injected();
    vmcs_write(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_TF);
    vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_STI);
    exit_exception(vmcs_read(VMCS_EXIT_INTERRUPTION_INFO));
    assert_int_equal(vmcs_read(VMCS_GUEST_PENDING_DEBUG_EXCEPTIONS), 1u << 14);
}

static void alignment_checks(void **test)
{
    exception_exit(VECTOR_AC, INTERRUPTION_HAS_ERROR_CODE);
    assert_int_equal(exit_exception(vmcs_read(VMCS_EXIT_INTERRUPTION_INFO)), NEXT_RESUME);
    assert_true(fake_raises(VECTOR_AC));
    fake_clear_injected();
    exception_exit(VECTOR_BP, 0);
    assert_int_equal(exit_exception(vmcs_read(VMCS_EXIT_INTERRUPTION_INFO)), NEXT_MANAGER);
    assert_int_equal(fake.returned, FAKE_KILLED);
    assert_int_equal(fake.return_value, KILL_UNEXPECTED_EXIT);
}

static void memory(uint64_t address)
{
    fake.returned = FAKE_NONE;
    fake_clear_injected();
    vmcs_write(VMCS_GUEST_PHYSICAL_ADDRESS, address);
}

static void shared_addresses_are_ve(void **test)
{
    struct gpr_file *gpr = &vcpu_state()->gpr;

    memory(FAKE_SHARED_BIT | 0xfee000f0);
    vmcs_write(VMCS_EXIT_QUALIFICATION, 0xf182);
    vmcs_write(VMCS_GUEST_LINEAR_ADDRESS, 0xffffc90000001234);
    assert_int_equal(exit_ept_violation(), NEXT_RESUME);
    assert_true(fake_raises(VECTOR_VE));
    assert_true((vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_RF) != 0);
    assert_int_equal(ve_info_get(), 0);
    assert_int_equal(gpr->rcx, EXIT_EPT_VIOLATION);
    assert_int_equal(gpr->rdx, 0x182);
    assert_int_equal(gpr->r8, 0xffffc90000001234);
    assert_int_equal(gpr->r9, FAKE_SHARED_BIT | 0xfee000f0);
    assert_int_equal(gpr->r10, 0);
    assert_int_equal(ve_info_get(), TDX_NO_VALID_VE_INFO);
}

static void private_absent_kills(void **test)
{
    memory(0x12345000);
    assert_int_equal(exit_ept_violation(), NEXT_MANAGER);
    assert_int_equal(fake.returned, FAKE_KILLED);
    assert_int_equal(fake.return_value, KILL_PRIVATE_ABSENT);
    assert_int_equal(fake.return_detail, 0x12345000);
    assert_int_equal(fake_injected(), 0);
}

static void fault_in_delivery_kills(void **test)
{
    memory(FAKE_SHARED_BIT | 0x1000);
    vmcs_write(VMCS_IDT_VECTORING_INFO, INTERRUPTION_VALID | 0x30);
    assert_int_equal(exit_ept_violation(), NEXT_MANAGER);
    assert_int_equal(fake.return_value, KILL_EVENT_FAULT);
}

/* Before the information is taken the second #VE is a double fault, and the first stays. */
static void second_ve_is_a_double_fault(void **test)
{
    memory(FAKE_SHARED_BIT | 0x1000);
    exit_ept_violation();
    memory(FAKE_SHARED_BIT | 0x2000);
    assert_int_equal(exit_ept_violation(), NEXT_RESUME);
    assert_true(fake_raises(VECTOR_DF));
    assert_int_equal(vcpu_state()->ve.physical_address, FAKE_SHARED_BIT | 0x1000);
    ve_info_get();
    memory(FAKE_SHARED_BIT | 0x2000);
    exit_ept_violation();
    assert_true(fake_raises(VECTOR_VE));
}

static void ports_are_ve(void **test)
{
    vmcs_write(VMCS_EXIT_QUALIFICATION, 0x03f80008);
    vmcs_write(VMCS_EXIT_INSTRUCTION_LENGTH, 1);
    vmcs_write(VMCS_EXIT_INSTRUCTION_INFO, 7);
    assert_int_equal(exit_io_instruction(), NEXT_RESUME);
    assert_true(fake_raises(VECTOR_VE));
    ve_info_get();
    assert_int_equal(vcpu_state()->gpr.rcx, EXIT_IO_INSTRUCTION);
    assert_int_equal(vcpu_state()->gpr.rdx, 0x03f80008);
    assert_int_equal(vcpu_state()->gpr.r10, 7ull << 32 | 1);
    assert_int_equal(fake.skipped, 0);
}

/* Each reason there is, and those there are not: an exception, a skip, or the end of that guest alone. */
static void every_instruction_is_contained(void **test)
{
    for (uint32_t reason = 0; reason < 0x10000; reason++) {
        fake_clear_injected();
        vcpu_state()->ve.valid = 0;
        fake.skipped = 0;
        fake.returned = FAKE_NONE;
        if (exit_instruction(reason) == NEXT_MANAGER) {
            assert_int_equal(fake.returned, FAKE_KILLED);
            assert_int_equal(fake.return_value, KILL_UNEXPECTED_EXIT);
            assert_int_equal(fake.return_detail, reason);
        } else if (reason == EXIT_WBINVD || reason == EXIT_INVD) {
            assert_int_equal(fake.skipped, 2);
        } else if (reason == EXIT_HLT) {
            assert_true(fake_raises(VECTOR_VE));
        } else {
            assert_int_equal(fake.skipped, 0);
            assert_true(fake_raises(VECTOR_UD) || fake_raises(VECTOR_GP));
        }
    }
    fake_clear_injected();
    exit_instruction(EXIT_VMCALL);
    assert_true(fake_raises(VECTOR_UD));
    fake_clear_injected();
    exit_instruction(EXIT_RDPMC);
    assert_true(fake_raises(VECTOR_GP));
}

static bool xsetbv(uint64_t index, uint64_t value)
{
    vcpu_state()->gpr.rcx = index;
    vcpu_state()->gpr.rax = (uint32_t)value;
    vcpu_state()->gpr.rdx = value >> 32;
    fake.xsetbv_count = 0;
    fake.skipped = 0;
    fake_clear_injected();
    assert_int_equal(exit_xsetbv(), NEXT_RESUME);
    assert_int_equal(fake.xsetbv_count == 0, fake_raises(VECTOR_GP));
    assert_int_equal(fake.skipped, fake.xsetbv_count == 0 ? 0 : 2);
    if (fake.xsetbv_count != 0) {
        assert_int_equal(fake.xcr0, value);
        assert_int_equal(vcpu_state()->xcr0, value);
        assert_int_equal(percpu_this()->xcr0, value);
    }
    return fake.xsetbv_count != 0;
}

static void xcr0_is_validated(void **test)
{
    for (uint64_t value = 0; value < 0x1000; value++) {
        assert_int_equal(xsetbv(0, value), value == 1 || value == 3 || value == 7);
    }
    for (uint32_t bit = 3; bit < 64; bit++) {
        assert_false(xsetbv(0, 7 | 1ull << bit));
    }
    assert_false(xsetbv(1, 1));
    fake.cpuid = fake_cpuid_poor;
    cpuid_policy_init(2000000, false);
    assert_false(xsetbv(0, 1));
}

static void preemption_timer(void **test)
{
    percpu_this()->run_slice_end = fake.tsc + 1;
    assert_int_equal(exit_preemption_timer(), NEXT_RESUME);
    fake.tsc++;
    assert_int_equal(exit_preemption_timer(), NEXT_MANAGER);
    assert_int_equal(fake.returned, FAKE_INTERRUPTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tdcall_by_undefined_opcode, setup),
        cmocka_unit_test_setup(tdcall_by_its_own_exit, setup),
        cmocka_unit_test_setup(nmi_blocking_comes_back, setup),
        cmocka_unit_test_setup(debug_exceptions, setup),
        cmocka_unit_test_setup(alignment_checks, setup),
        cmocka_unit_test_setup(shared_addresses_are_ve, setup),
        cmocka_unit_test_setup(private_absent_kills, setup),
        cmocka_unit_test_setup(fault_in_delivery_kills, setup),
        cmocka_unit_test_setup(second_ve_is_a_double_fault, setup),
        cmocka_unit_test_setup(ports_are_ve, setup),
        cmocka_unit_test_setup(every_instruction_is_contained, setup),
        cmocka_unit_test_setup(xcr0_is_validated, setup),
        cmocka_unit_test_setup(preemption_timer, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
