/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/vmx_fake.h"

#include "arch/x86_64/cr.h"
#include "arch/x86_64/msr.h"
#include "isolation/vcpu.h"
#include "vmx/cpuid_policy.h"
#include "vmx/guest_register.h"
#include "vmx/msr_policy.h"
#include "vmx/tdcall.h"
#include "vmx/tdvmcall.h"
#include "vmx/vlapic.h"

#define LINUX_MASK 0xffccull
#define SECRET     0x5ec3e700ull

static struct gpr_file *gpr(void)
{
    return &vcpu_state()->gpr;
}

static int setup(void **test)
{
    fake_reset();
    cpuid_policy_init(2000000, true);
    msr_policy_init(false);
    for (uint32_t number = 0; number < 16; number++) {
        if (number != GUEST_RSP) {
            *guest_register(gpr(), number) = SECRET + number;
        }
    }
    gpr()->rcx = LINUX_MASK;
    gpr()->r10 = 0;
    return 0;
}

static enum exit_next call(uint64_t function)
{
    gpr()->rax = TDG_VP_VMCALL;
    gpr()->r11 = function;
    fake.skipped = 0;
    fake.returned = FAKE_NONE;
    const enum exit_next next = tdcall();
    assert_int_equal(fake.skipped, 4);
    return next;
}

static void is_answered(uint64_t function, uint64_t status)
{
    assert_int_equal(call(function), NEXT_RESUME);
    assert_int_equal(gpr()->rax, TDX_SUCCESS);
    assert_int_equal(gpr()->r10, status);
    assert_int_equal(fake.returned, FAKE_NONE);
    assert_int_equal(vcpu_state()->call_mask, 0);
    gpr()->r10 = 0;
}

static void registers_have_their_numbers(void **test)
{
    gpr()->rdx = 1;
    gpr()->rbx = 2;
    gpr()->rsi = 3;
    gpr()->rdi = 4;
    gpr()->r8 = 5;
    gpr()->r15 = 6;
    gpr()->rax = 7;
    gpr()->rcx = 8;
    gpr()->rbp = 9;
    assert_int_equal(guest_register_value(gpr(), GUEST_RDX), 1);
    assert_int_equal(guest_register_value(gpr(), GUEST_RBX), 2);
    assert_int_equal(guest_register_value(gpr(), GUEST_RSI), 3);
    assert_int_equal(guest_register_value(gpr(), GUEST_RDI), 4);
    assert_int_equal(guest_register_value(gpr(), GUEST_R8), 5);
    assert_int_equal(guest_register_value(gpr(), GUEST_R15), 6);
    assert_int_equal(guest_register_value(gpr(), GUEST_RAX), 7);
    assert_int_equal(guest_register_value(gpr(), GUEST_RCX), 8);
    assert_int_equal(guest_register_value(gpr(), GUEST_RBP), 9);
}

/* RAX, RCX, RSP, RBP and all above bit 15 can never be disclosed; R10 and R11 are the call itself. */
static void masks(void **test)
{
    for (uint32_t bit = 0; bit < 64; bit++) {
        const uint64_t one = 1ull << bit;
        const bool is_allowed = (TDVMCALL_MASK_ALLOWED & one) != 0;

        gpr()->rcx = 0xc00 | one;
        gpr()->r10 = 0;
        gpr()->r12 = 1;
        gpr()->r13 = 0;
        gpr()->r14 = 0x3f8;
        assert_int_equal(call(TDVMCALL_IO), is_allowed ? NEXT_MANAGER : NEXT_RESUME);
        assert_int_equal(gpr()->rax, is_allowed ? TDX_SUCCESS : TDX_OPERAND_INVALID);
        assert_int_equal(fake.returned, is_allowed ? FAKE_CALL : FAKE_NONE);
        assert_int_equal(fake.return_value, is_allowed ? (0xc00 | one) : 0);
        assert_int_equal(vcpu_state()->call_mask, is_allowed ? (0xc00 | one) : 0);
        vcpu_state()->call_mask = 0;
        fake.return_value = 0;
    }
    for (uint64_t mask = 0; mask < 0xc00; mask += 0x400) {
        gpr()->rcx = mask;
        call(TDVMCALL_IO);
        assert_int_equal(gpr()->rax, TDX_OPERAND_INVALID);
    }
}

/* Whatever the manager replies: only the registers of the mask take it. */
static void reply_fills_named_registers_only(void **test)
{
    struct gpr_file reply;

    for (uint32_t bits = 0; bits < 0x1000; bits++) {
        /* RDX RBX RSI RDI R8 R9 and R12-R15 as `bits` says, R10 and R11 always */
        const uint64_t mask =
            0xc00 | (bits & 3) << 2 | (bits & 0x3c) << 4 | (uint64_t)(bits >> 6 & 0xf) << 12;

        if ((mask & ~TDVMCALL_MASK_ALLOWED) != 0) {
            continue;
        }
        setup(test);
        gpr()->rcx = mask;
        gpr()->r12 = 1;
        gpr()->r13 = 0;
        gpr()->r14 = 0x3f8;
        assert_int_equal(call(TDVMCALL_IO), NEXT_MANAGER);
        const struct gpr_file before = *gpr();
        memset(&reply, 0xee, sizeof(reply));
        tdvmcall_reply(&reply);
        for (uint32_t number = 0; number < 16; number++) {
            if (number != GUEST_RSP) {
                assert_int_equal(guest_register_value(gpr(), number),
                                 (mask & 1ull << number) != 0 ? 0xeeeeeeeeeeeeeeee
                                                              : guest_register_value(&before, number));
            }
        }
        assert_int_equal(gpr()->rax, 0);
        memset(&reply, 0xdd, sizeof(reply));
        tdvmcall_reply(&reply); /* one reply a call */
        assert_int_equal(gpr()->r11, 0xeeeeeeeeeeeeeeee);
    }
}

static void port_calls(void **test)
{
    static const struct {
        uint64_t size, direction, port;
        bool is_good;
    } cases[] = {
        {1, 0, 0x3f8, true},
        {2, 1, 0xcfc, true},
        {4, 0, 0xffff, true},
        {0, 0, 0x3f8, false},
        {3, 0, 0x3f8, false},
        {8, 0, 0x3f8, false},
        {1, 2, 0x3f8, false},
        {1, 0, 0x10000, false},
        {1, 0, 1ull << 32 | 0x3f8, false},
        {1ull << 32 | 1, 0, 0x3f8, false},
    };

    for (uint32_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        gpr()->r10 = 0;
        gpr()->r12 = cases[n].size;
        gpr()->r13 = cases[n].direction;
        gpr()->r14 = cases[n].port;
        vcpu_state()->call_mask = 0;
        assert_int_equal(call(TDVMCALL_IO), cases[n].is_good ? NEXT_MANAGER : NEXT_RESUME);
        assert_int_equal(fake.returned, cases[n].is_good ? FAKE_CALL : FAKE_NONE);
        assert_int_equal(vcpu_state()->call_mask, cases[n].is_good ? LINUX_MASK : 0);
        assert_int_equal(gpr()->r10, cases[n].is_good ? 0 : TDVMCALL_INVALID_OPERAND);
    }
}

static void memory_calls(void **test)
{
    const uint64_t shared = FAKE_SHARED_BIT;
    const struct {
        uint64_t size, direction, address;
        bool is_good;
    } cases[] = {
        {4, 0, shared | 0xe8000000, true},
        {8, 1, shared | 0xe8000ff8, true},
        {1, 1, shared | 0xfff, true},
        {1, 1, shared * 2 - 1, true},
        {4, 0, 0xe8000000, false},          /* private */
        {4, 0, shared | 0xe8000ffe, false}, /* across a page */
        {8, 0, shared | 0xe8000ffc, false},
        {16, 0, shared, false},
        {5, 0, shared, false},
        {4, 2, shared, false},
        {4, 0, shared * 2, false},
        {4, 0, 0xfffffffffffffff0, false},
    };

    for (uint32_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        gpr()->r10 = 0;
        gpr()->r12 = cases[n].size;
        gpr()->r13 = cases[n].direction;
        gpr()->r14 = cases[n].address;
        assert_int_equal(call(TDVMCALL_MMIO), cases[n].is_good ? NEXT_MANAGER : NEXT_RESUME);
        assert_int_equal(fake.returned, cases[n].is_good ? FAKE_CALL : FAKE_NONE);
    }
}

static void halts(void **test)
{
    vmcs_write(VMCS_GUEST_RFLAGS, RFLAGS_FIXED); /* with interrupts off, as Linux does */
    gpr()->r12 = 0;
    assert_int_equal(call(TDVMCALL_HLT), NEXT_MANAGER);
    assert_int_equal(fake.returned, FAKE_HALTED);
    assert_int_equal(fake.return_value, UINT64_MAX);
    assert_int_equal(gpr()->r10, TDVMCALL_SUCCESS);
    assert_int_equal(vcpu_state()->call_mask, 0);
    vlapic_write(MSR_IA32_X2APIC_SIVR, 0x1ff);
    vlapic_write(MSR_IA32_X2APIC_LVT_TIMER, 1u << 18 | 0xec);
    vlapic_write(MSR_IA32_TSC_DEADLINE, fake.tsc + 77);
    call(TDVMCALL_HLT);
    assert_int_equal(fake.returned, FAKE_HALTED);
    assert_int_equal(fake.return_value, fake.tsc + 77);
    vcpu_request(percpu_this()->vcpu, 0x44);
    is_answered(TDVMCALL_HLT, TDVMCALL_SUCCESS); /* it does not sleep */
}

static void core_answers(void **test)
{
    gpr()->r12 = 0x8b;
    is_answered(TDVMCALL_RDMSR, TDVMCALL_SUCCESS);
    assert_int_equal(gpr()->r11, 0);
    gpr()->r12 = 0x3a;
    is_answered(TDVMCALL_RDMSR, TDVMCALL_SUCCESS);
    assert_int_equal(gpr()->r11, 1);
    gpr()->r12 = 0x140;
    is_answered(TDVMCALL_RDMSR, TDVMCALL_INVALID_OPERAND);
    gpr()->r12 = 1ull << 32 | 0x3a;
    is_answered(TDVMCALL_RDMSR, TDVMCALL_INVALID_OPERAND);
    gpr()->r12 = 0x8b;
    gpr()->r13 = 0;
    is_answered(TDVMCALL_WRMSR, TDVMCALL_SUCCESS);
    gpr()->r12 = 0x1b;
    is_answered(TDVMCALL_WRMSR, TDVMCALL_INVALID_OPERAND);
    gpr()->r12 = 0x40000000;
    gpr()->r13 = 0;
    is_answered(TDVMCALL_CPUID, TDVMCALL_SUCCESS);
    assert_int_equal(gpr()->r12 | gpr()->r13 | gpr()->r14 | gpr()->r15, 0);
    gpr()->r12 = FAKE_SHARED_BIT | 0x1000;
    gpr()->r13 = 0x40000;
    is_answered(TDVMCALL_MAP_GPA, TDVMCALL_RETRY);
    assert_int_equal(gpr()->r11, FAKE_SHARED_BIT | 0x21000);
    is_answered(TDVMCALL_GET_INFO, TDVMCALL_INVALID_OPERAND);
    is_answered(TDVMCALL_GET_QUOTE, TDVMCALL_INVALID_OPERAND);
    is_answered(TDVMCALL_SETUP_EVENT_NOTIFY, TDVMCALL_INVALID_OPERAND);
    is_answered(UINT64_MAX, TDVMCALL_INVALID_OPERAND);
    gpr()->r10 = 1; /* a vendor's own */
    is_answered(TDVMCALL_HLT, TDVMCALL_INVALID_OPERAND);
}

/* An answer of the core does not write registers the guest did not name. */
static void answers_keep_to_the_mask(void **test)
{
    gpr()->rcx = 0xc00;
    gpr()->r12 = 0;
    gpr()->r13 = 0;
    is_answered(TDVMCALL_CPUID, TDVMCALL_SUCCESS);
    assert_int_equal(gpr()->r12, 0);
    assert_int_equal(gpr()->r14, SECRET + GUEST_R14);
}

static void fatal_error(void **test)
{
    assert_int_equal(call(TDVMCALL_REPORT_FATAL_ERROR), NEXT_MANAGER);
    assert_int_equal(fake.returned, FAKE_FATAL);
    assert_int_equal(fake.return_value, LINUX_MASK);
}

static void other_leaves(void **test)
{
    static const uint64_t refused[] = {TDG_MR_RTMR_EXTEND, TDG_MR_REPORT, TDG_VP_CPUIDVE_SET, 9, 31,
                                       UINT64_MAX};

    for (uint32_t n = 0; n < sizeof(refused) / sizeof(refused[0]); n++) {
        gpr()->rax = refused[n];
        assert_int_equal(tdcall(), NEXT_RESUME);
        assert_int_equal(gpr()->rax, TDX_OPERAND_INVALID);
    }
    gpr()->rax = TDG_VP_INFO;
    assert_int_equal(tdcall(), NEXT_RESUME);
    assert_int_equal(gpr()->rax, 0);
    assert_int_equal(gpr()->rcx, 40); /* the shared bit is bit 39 */
    assert_int_equal(gpr()->rdx, 1u << 28);
    assert_int_equal(gpr()->r8, FAKE_VCPUS | (uint64_t)FAKE_VCPUS << 32);
    assert_int_equal(gpr()->r9 | gpr()->r10 | gpr()->r11, 0);
    gpr()->rax = TDG_VM_RD;
    tdcall();
    assert_int_equal(gpr()->rax, TDX_METADATA_FIELD_ID_INCORRECT);
    assert_int_equal(gpr()->r8, 0);
    gpr()->rax = TDG_VP_VEINFO_GET;
    tdcall();
    assert_int_equal(gpr()->rax, TDX_NO_VALID_VE_INFO);
    vmcs_write(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_RF);
    gpr()->rax = TDG_VP_INFO;
    tdcall();
    assert_int_equal(vmcs_read(VMCS_GUEST_RFLAGS), RFLAGS_FIXED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(registers_have_their_numbers, setup),
        cmocka_unit_test_setup(masks, setup),
        cmocka_unit_test_setup(reply_fills_named_registers_only, setup),
        cmocka_unit_test_setup(port_calls, setup),
        cmocka_unit_test_setup(memory_calls, setup),
        cmocka_unit_test_setup(halts, setup),
        cmocka_unit_test_setup(core_answers, setup),
        cmocka_unit_test_setup(answers_keep_to_the_mask, setup),
        cmocka_unit_test_setup(fatal_error, setup),
        cmocka_unit_test_setup(other_leaves, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
