/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/vmx_fake.h"

#include "arch/x86_64/cr.h"
#include "vmx/cpuid_policy.h"

#define TSC_KHZ 2400001u

static int setup(void **test)
{
    fake_reset();
    cpuid_policy_init(TSC_KHZ, true);
    return 0;
}

static struct cpuid_result ask(enum cpuid_kind kind, uint32_t leaf, uint32_t subleaf)
{
    const struct cpuid_context context = {.kind = kind, .apic_id = 7, .xcr0 = 7, .osxsave = true};

    return cpuid_policy_answer(&context, leaf, subleaf);
}

static void is_zero(struct cpuid_result result)
{
    assert_int_equal(result.eax | result.ebx | result.ecx | result.edx, 0);
}

/* What must never be seen, by the manager or a guest, even if the CPU has everything. */
static void hidden_from_everyone(void **test)
{
    static const uint32_t empty[] = {0x3,  0x5,  0x8,  0x9,  0xa,  0xc,  0xe,  0xf,  0x10, 0x11, 0x12, 0x13,
                                     0x14, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x22};

    for (int kind = CPUID_MANAGER; kind <= CPUID_GUEST; kind++) {
        const struct cpuid_result features = ask(kind, 1, 0);
        const struct cpuid_result structured = ask(kind, 7, 0);

        /* DTES64 MONITOR DS-CPL VMX SMX EIST TM2 CNXT-ID SDBG xTPR PDCM DCA */
        assert_int_equal(features.ecx & 0x0004cdfc, 0);
        /* MCE MTRR MCA PSN DS ACPI HTT TM PBE */
        assert_int_equal(features.edx & 0xb0645080, 0);
        /* TSC_ADJUST SGX HLE RTM PQM MPX PQE AVX-512 PT */
        assert_int_equal(structured.ebx & 0xde23d816, 0);
        assert_int_equal(structured.ecx, 1u << 2 | 1u << 22); /* no PKU, no CET, no LA57, no WAITPKG */
        assert_int_equal(structured.edx & ~0xbc004410u, 0);   /* no UINTR, no AMX, no PCONFIG */
        for (uint32_t n = 0; n < sizeof(empty) / sizeof(empty[0]); n++) {
            is_zero(ask(kind, empty[n], 0));
        }
        is_zero(ask(kind, 7, 1));
        is_zero(ask(kind, 0x40000001, 0));
        is_zero(ask(kind, 0x80000005, 0));
        is_zero(ask(kind, 0x80000009, 0));
        is_zero(ask(kind, 0xffffffff, 0));
        assert_int_equal(ask(kind, 0x80000001, 0).ecx, 0x121);
    }
}

static void guest_is_a_tdx_guest(void **test)
{
    const struct cpuid_result tdx = ask(CPUID_GUEST, 0x21, 0);
    char name[13] = {0};

    memcpy(name, &tdx.ebx, 4);
    memcpy(name + 4, &tdx.edx, 4);
    memcpy(name + 8, &tdx.ecx, 4);
    assert_string_equal(name, "IntelTDX    ");
    assert_int_equal(ask(CPUID_GUEST, 0, 0).eax, 0x21);
    is_zero(ask(CPUID_GUEST, 0x40000000, 0));
    /* x2APIC, TSC deadline, OSXSAVE, RDRAND, hypervisor */
    assert_int_equal(ask(CPUID_GUEST, 1, 0).ecx & 0xc9200000, 0xc9200000);
    assert_int_equal(ask(CPUID_GUEST, 1, 0).ebx >> 24, 7);
    assert_int_equal(ask(CPUID_GUEST, 0xb, 3).ecx, 3);
    assert_int_equal(ask(CPUID_GUEST, 0xb, 3).edx, 7);
    assert_int_equal(ask(CPUID_GUEST, 0x80000007, 0).edx, 0x100);
    assert_true((ask(CPUID_GUEST, 7, 0).edx & 1u << 29) != 0); /* ARCH_CAPABILITIES */
}

static void manager_is_not(void **test)
{
    is_zero(ask(CPUID_MANAGER, 0x21, 0));
    assert_int_equal(ask(CPUID_MANAGER, 0, 0).eax, 0x16);
    assert_int_equal(ask(CPUID_MANAGER, 0x40000000, 0).ebx, 0x6b6c7542); /* "Bulk" */
}

/* crystal * EBX / EAX is the TSC, to the kilohertz, at every frequency there is. */
static void frequency_is_exact(void **test)
{
    for (uint64_t khz = 50000; khz < 8000000; khz += 12345) {
        struct cpuid_result tsc;

        cpuid_policy_init(khz, true);
        tsc = ask(CPUID_GUEST, 0x15, 0);
        assert_int_equal((uint64_t)tsc.ecx * tsc.ebx / tsc.eax, khz * 1000);
        assert_int_equal(ask(CPUID_GUEST, 0x16, 0).eax, khz / 1000);
    }
}

static void xsave_follows_xcr0(void **test)
{
    struct cpuid_context context = {.kind = CPUID_GUEST, .xcr0 = 3};

    assert_int_equal(cpuid_policy_xcr0(), 7);
    assert_int_equal(cpuid_policy_answer(&context, 0xd, 0).eax, 7);
    assert_int_equal(cpuid_policy_answer(&context, 0xd, 0).ebx, 576);
    assert_int_equal(cpuid_policy_answer(&context, 0xd, 0).ecx, 832);
    context.xcr0 = 7;
    assert_int_equal(cpuid_policy_answer(&context, 0xd, 0).ebx, 832);
    assert_int_equal(cpuid_policy_answer(&context, 0xd, 1).eax, 0xf);
    assert_int_equal(cpuid_policy_answer(&context, 0xd, 1).ecx, 0);
    is_zero(cpuid_policy_answer(&context, 0xd, 9)); /* PKRU */
    is_zero(cpuid_policy_answer(&context, 0xd, 0xffffffff));
    cpuid_policy_init(TSC_KHZ, false);
    assert_int_equal(cpuid_policy_answer(&context, 0xd, 1).eax, 7);
    assert_false(cpuid_policy_has_xsaves());
}

static void subleaves_are_bounded(void **test)
{
    assert_int_equal(ask(CPUID_GUEST, 4, 3).eax, 0x1003);
    assert_int_equal(ask(CPUID_GUEST, 4, 7).eax, 0x1007);
    is_zero(ask(CPUID_GUEST, 4, 8));
    is_zero(ask(CPUID_GUEST, 4, 0xffffffff));
    is_zero(ask(CPUID_GUEST, 0x21, 1));
}

/* A CPU answers leaves it lacks with another leaf's content: none of that may come through. */
static void leaves_the_cpu_lacks(void **test)
{
    fake_reset();
    fake.cpuid = fake_cpuid_poor;
    cpuid_policy_init(TSC_KHZ, false);
    assert_int_equal(ask(CPUID_GUEST, 7, 0).ebx, 0);
    assert_int_equal(ask(CPUID_GUEST, 7, 0).edx, 1u << 29);
    assert_int_equal(cpuid_policy_xcr0(), 0);
    is_zero(ask(CPUID_GUEST, 0xd, 0));
    assert_int_equal(ask(CPUID_GUEST, 1, 0).ecx & (1u << 28 | 1u << 30), 0); /* no AVX, no RDRAND */
    assert_int_equal(ask(CPUID_MANAGER, 1, 0).ecx & 1u << 24, 0);            /* no deadline timer */
    assert_int_equal(ask(CPUID_GUEST, 1, 0).ecx & 1u << 24, 1u << 24);       /* the core's */
    is_zero(ask(CPUID_GUEST, 0x80000008, 0));
    assert_false(cpuid_policy_has_spec_ctrl());
    assert_false(cpuid_policy_has_pred_cmd());
    assert_false(cpuid_policy_has_flush_cmd());
    assert_false(cpuid_policy_has_tsc_aux());
    assert_false(cpuid_policy_has_arch_capabilities());
}

static void the_exit(void **test)
{
    struct gpr_file *gpr = &vcpu_state()->gpr;

    percpu_this()->vcpu += 2;
    gpr->rax = 0xffffffff00000001;
    gpr->rcx = 0xffffffff00000000;
    vmcs_write(VMCS_GUEST_CR4, CR4_OSXSAVE);
    assert_int_equal(exit_cpuid(), NEXT_RESUME);
    assert_int_equal(gpr->rbx >> 24, 2);
    assert_true((gpr->rcx & 1u << 27) != 0);
    assert_int_equal(gpr->rax >> 32 | gpr->rbx >> 32 | gpr->rcx >> 32 | gpr->rdx >> 32, 0);
    assert_int_equal(fake.skipped, 2);
    gpr->rax = 1;
    vmcs_write(VMCS_GUEST_CR4, 0);
    exit_manager_cpuid();
    assert_int_equal(gpr->rbx >> 24, 3);
    assert_true((gpr->rcx & 1u << 27) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(hidden_from_everyone, setup),
        cmocka_unit_test_setup(guest_is_a_tdx_guest, setup),
        cmocka_unit_test_setup(manager_is_not, setup),
        cmocka_unit_test_setup(frequency_is_exact, setup),
        cmocka_unit_test_setup(xsave_follows_xcr0, setup),
        cmocka_unit_test_setup(subleaves_are_bounded, setup),
        cmocka_unit_test_setup(leaves_the_cpu_lacks, setup),
        cmocka_unit_test_setup(the_exit, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
