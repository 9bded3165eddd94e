/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/vmx_fake.h"

#include "abi/audit.h"
#include "arch/x86_64/cr.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/vector.h"
#include "vmx/cpuid_policy.h"
#include "vmx/exit_reason.h"
#include "vmx/msr_policy.h"

static int setup(void **test)
{
    fake_reset();
    cpuid_policy_init(2000000, true);
    msr_policy_init(false);
    return 0;
}

/* Does the access reach the hardware?  As the CPU reads the bitmap. */
static bool passes(const uint8_t *bitmap, uint32_t msr, bool is_write)
{
    const uint32_t part = (is_write ? 2048u : 0) + (msr >= 0xc0000000 ? 1024u : 0);

    if (msr >= 0x2000 && (msr < 0xc0000000 || msr >= 0xc0002000)) {
        return false;
    }
    return (bitmap[part + msr % 0x2000 / 8] & 1u << msr % 8) == 0;
}

static bool is_listed(const uint32_t *list, uint32_t count, uint32_t msr)
{
    for (uint32_t n = 0; n < count; n++) {
        if (list[n] == msr) {
            return true;
        }
    }
    return false;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint32_t saved[] = {0x48, 0x174, 0x175, 0x176, 0x277, 0xc0000100, 0xc0000101, 0xc0000102};
static const uint32_t saved_read[] = {0x10,       0xc0000080, 0xc0000081, 0xc0000082,
                                      0xc0000083, 0xc0000084, 0xc0000103};
static const uint32_t saved_write[] = {0x49, 0x10b};
static const uint32_t apic[] = {0x808, 0x838, 0x83e, 0x6e0};
static const uint32_t apic_read[] = {0x802, 0x803, 0x80a, 0x80d, 0x80f, 0x830, 0x832, 0x839};

static bool guest_may(uint32_t msr, bool is_write)
{
    return is_listed(saved, COUNT(saved), msr) || (is_write ? is_listed(saved_write, COUNT(saved_write), msr)
                                                            : is_listed(saved_read, COUNT(saved_read), msr));
}

static bool manager_may(uint32_t msr, bool is_write)
{
    if (guest_may(msr, is_write) || is_listed(apic, COUNT(apic), msr)) {
        return true;
    }
    return is_write ? msr == 0x80b
                    : is_listed(apic_read, COUNT(apic_read), msr) || (msr >= 0x810 && msr <= 0x827);
}

/* Where the CPU answers a guest from its virtual-APIC page: TPR, PPR, ISR, TMR and IRR to read; TPR, EOI and self-IPI
 * to write.  Never the ICR, a local vector or the timer, which the core checks. */
static bool virtual_apic_may(uint32_t msr, bool is_write)
{
    return is_write ? msr == 0x808 || msr == 0x80b || msr == 0x83f
                    : msr == 0x808 || msr == 0x80a || (msr >= 0x810 && msr <= 0x827);
}

/* Every MSR that a bitmap can name, against the lists above: nothing more, nothing less. */
static void assert_bitmaps(bool apic_virtualization)
{
    for (uint32_t n = 0; n < 0x4000; n++) {
        const uint32_t msr = n < 0x2000 ? n : n - 0x2000 + 0xc0000000;

        for (uint32_t is_write = 0; is_write < 2; is_write++) {
            assert_int_equal(passes(msr_policy_guest_bitmap, msr, is_write),
                             guest_may(msr, is_write) ||
                                 (apic_virtualization && virtual_apic_may(msr, is_write)));
            assert_int_equal(passes(msr_policy_manager_bitmap, msr, is_write), manager_may(msr, is_write));
        }
    }
    assert_int_equal((uint64_t)msr_policy_guest_bitmap % 4096, 0);
    assert_int_equal((uint64_t)msr_policy_manager_bitmap % 4096, 0);
}

static void bitmaps_are_the_lists(void **test)
{
    assert_bitmaps(false);
    msr_policy_init(true);
    assert_bitmaps(true);
    msr_policy_init(false);
    assert_bitmaps(false);
}

/* What the CPU does not enumerate is not passed through. */
static void poor_cpu_passes_less(void **test)
{
    static const uint32_t absent[] = {0x48, 0x49, 0x10b, 0xc0000103};

    fake.cpuid = fake_cpuid_poor;
    cpuid_policy_init(2000000, false);
    msr_policy_init(false);
    for (uint32_t n = 0; n < COUNT(absent); n++) {
        for (uint32_t is_write = 0; is_write < 2; is_write++) {
            assert_false(passes(msr_policy_guest_bitmap, absent[n], is_write));
            assert_false(passes(msr_policy_manager_bitmap, absent[n], is_write));
        }
    }
    assert_int_equal(msr_policy_arch_capabilities(), 1u << 21);
}

static void arch_capabilities_promise_no_msr(void **test)
{
    fake.native_msr[MSR_IA32_ARCH_CAPABILITIES] = UINT64_MAX;
    msr_policy_init(false);
    /* TSX_CTRL, MCU_CTRL, MISC_PACKAGE, ENERGY, DOITM, FB_CLEAR_CTRL, UMSRs, overclocking, GDS_CTRL */
    assert_int_equal(msr_policy_arch_capabilities() & 0xffffffffe2c51e80, 0);
    assert_int_equal(msr_policy_arch_capabilities() & 0x21, 0x21);
}

static enum exit_next read_msr(uint32_t msr)
{
    vcpu_state()->gpr.rcx = 0xabcd00000000 | msr;
    fake_clear_injected();
    vcpu_state()->ve.valid = 0;
    fake.skipped = 0;
    return exit_rdmsr();
}

static enum exit_next write_msr(uint32_t msr, uint64_t value)
{
    vcpu_state()->gpr.rcx = msr;
    vcpu_state()->gpr.rax = 0xffffffff00000000 | (uint32_t)value;
    vcpu_state()->gpr.rdx = 0xffffffff00000000 | value >> 32;
    fake_clear_injected();
    vcpu_state()->ve.valid = 0;
    fake.skipped = 0;
    return exit_wrmsr();
}

static void reads(uint32_t msr, uint64_t value)
{
    assert_int_equal(read_msr(msr), NEXT_RESUME);
    assert_int_equal(fake.skipped, 2);
    assert_int_equal(vcpu_state()->gpr.rax, (uint32_t)value);
    assert_int_equal(vcpu_state()->gpr.rdx, value >> 32);
}

static void guest_reads(void **test)
{
    reads(MSR_IA32_APIC_BASE, 0xfee00d00);
    reads(MSR_IA32_XAPIC_DISABLE_STATUS, 1);
    reads(MSR_IA32_MISC_ENABLE, 0x1801);
    reads(MSR_IA32_XSS, 0);
    reads(MSR_IA32_X2APIC_VERSION, 0x50014);
    percpu_this()->vcpu++;
    reads(MSR_IA32_APIC_BASE, 0xfee00c00);
    read_msr(MSR_IA32_X2APIC_EOI);
    assert_true(fake_raises(VECTOR_GP));
    assert_int_equal(fake.skipped, 0);
}

/* Off the lists: #VE, never the hardware, whatever the number. */
static void everything_else_is_ve(void **test)
{
    static const uint32_t others[] = {0x0,    0x17,       0x1b + 1,   0x34,      0x3a,  0x3b,  0x8b,
                                      0xce,   0x140,      0x179,      0x1d9,     0x200, 0x38f, 0x480,
                                      0x48f,  0x570,      0x600,      0x610,     0x7ff, 0x900, 0xda1,
                                      0x1fff, 0x40000000, 0xc0011029, 0xffffffff};

    for (uint32_t n = 0; n < COUNT(others); n++) {
        read_msr(others[n]);
        assert_true(fake_raises(VECTOR_VE));
        assert_int_equal(vcpu_state()->ve.exit_reason, EXIT_RDMSR);
        assert_int_equal(vcpu_state()->ve.length_and_info, 2);
        assert_int_equal(fake.skipped, 0);
        write_msr(others[n], 0);
        assert_true(fake_raises(VECTOR_VE));
        assert_int_equal(vcpu_state()->ve.exit_reason, EXIT_WRMSR);
    }
    write_msr(MSR_IA32_TIME_STAMP_COUNTER, 0);
    assert_true(fake_raises(VECTOR_VE));
    assert_int_equal(fake.wrmsr_count, 0);
}

static void writes(uint32_t msr, uint64_t value)
{
    assert_int_equal(write_msr(msr, value), NEXT_RESUME);
    assert_int_equal(fake_injected(), 0);
    assert_int_equal(fake.skipped, 2);
}

static void faults(uint32_t msr, uint64_t value)
{
    assert_int_equal(write_msr(msr, value), NEXT_RESUME);
    assert_true(fake_raises(VECTOR_GP));
    assert_int_equal(fake.skipped, 0);
}

/* The core knows what is in them, so that it need not read them at every switch: every write comes to it. */
static void switched_msrs_are_written_by_the_core(void **test)
{
    static const uint32_t switched[] = {0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000103};

    for (uint32_t n = 0; n < COUNT(switched); n++) {
        fake.refuse_msr = false;
        writes(switched[n], 0x123400005678 + n);
        assert_int_equal(fake.wrmsr_index, switched[n]);
        assert_int_equal(fake.wrmsr_value, 0x123400005678 + n);
        fake.refuse_msr = true; /* not canonical, a reserved bit, or no such MSR */
        faults(switched[n], 1);
    }
}

static void guest_writes(void **test)
{
    writes(MSR_IA32_APIC_BASE, 0xfee00d00);
    faults(MSR_IA32_APIC_BASE, 0xfee00900);
    faults(MSR_IA32_APIC_BASE, 0xfee00100);
    writes(MSR_IA32_XSS, 0);
    for (uint32_t bit = 0; bit < 64; bit++) {
        faults(MSR_IA32_XSS, 1ull << bit);
    }
    faults(MSR_IA32_XAPIC_DISABLE_STATUS, 1);
    faults(MSR_IA32_ARCH_CAPABILITIES, 0);
    assert_int_equal(write_msr(MSR_IA32_X2APIC_ICR, 3ull << 32 | 0x90), NEXT_MANAGER); /* another vCPU's */
    assert_int_equal(fake.returned, FAKE_WAKE);
    assert_int_equal(fake.skipped, 2);
}

static void efer_is_checked(void **test)
{
    for (uint32_t bit = 0; bit < 64; bit++) {
        if ((0xd01 & 1ull << bit) == 0 || bit >= 32) {
            faults(MSR_IA32_EFER, 1ull << bit);
        }
    }
    writes(MSR_IA32_EFER, EFER_SCE | EFER_LME | EFER_NXE | EFER_LMA);
    assert_int_equal(vmcs_read(VMCS_GUEST_IA32_EFER), EFER_SCE | EFER_LME | EFER_NXE); /* not LMA */
    vmcs_write(VMCS_GUEST_CR0, CR0_PG | CR0_PE);
    vmcs_write(VMCS_GUEST_IA32_EFER, EFER_LME | EFER_LMA);
    faults(MSR_IA32_EFER, EFER_SCE); /* LME cannot go while paging is on */
    writes(MSR_IA32_EFER, EFER_SCE | EFER_LME);
    assert_int_equal(vmcs_read(VMCS_GUEST_IA32_EFER), EFER_SCE | EFER_LME | EFER_LMA);
}

static void guest_call_answers(void **test)
{
    uint64_t value = 9;

    assert_true(msr_policy_guest_call_read(0x8b, &value) && value == 0);
    assert_true(msr_policy_guest_call_read(0x34, &value) && value == 0);
    assert_true(msr_policy_guest_call_read(0x3a, &value) && value == 1);
    assert_false(msr_policy_guest_call_read(0x140, &value));
    assert_false(msr_policy_guest_call_read(0xc0011029, &value));
    assert_true(msr_policy_guest_call_write(0x8b, 0));
    assert_false(msr_policy_guest_call_write(0x8b, 1));
    assert_false(msr_policy_guest_call_write(0x3a, 1));
}

static bool manager_writes(uint32_t msr, uint64_t value)
{
    const uint32_t before = fake.wrmsr_count;

    vcpu_state()->gpr.rcx = msr;
    vcpu_state()->gpr.rax = (uint32_t)value;
    vcpu_state()->gpr.rdx = value >> 32;
    fake_clear_injected();
    fake.audited = 0;
    fake.skipped = 0;
    exit_manager_wrmsr();
    if (fake.skipped == 0) {
        assert_true(fake_raises(VECTOR_GP));
        assert_int_equal(fake.audited, 1);
        assert_int_equal(fake.audit_event, AUDIT_MANAGER_MSR_DENIED);
        assert_int_equal(fake.audit_a, msr);
        assert_int_equal(fake.wrmsr_count, before); /* nothing has reached the hardware */
    }
    return fake.skipped != 0;
}

/* A timer interrupt of the manager, and nothing else a LVT entry could do. */
static void manager_lvt_timer(void **test)
{
    assert_true(manager_writes(0x832, 0x40));
    assert_int_equal(fake.wrmsr_value, 0x40);
    assert_true(manager_writes(0x832, 1u << 17 | 0x20));
    assert_true(manager_writes(0x832, 1u << 18 | 0xff));
    assert_true(manager_writes(0x832, 1u << 16));
    assert_false(manager_writes(0x832, 3u << 17 | 0x40));
    for (uint32_t vector = 0; vector < 32; vector++) {
        assert_false(manager_writes(0x832, vector));
    }
    for (uint32_t bit = 8; bit < 64; bit++) {
        if (bit < 16 || bit > 18) {
            assert_false(manager_writes(0x832, 1ull << bit | 0x40)); /* delivery mode NMI, SMI, INIT ... */
        }
    }
}

static void manager_icr(void **test)
{
    assert_true(manager_writes(0x830, 3ull << 32 | 0x40)); /* its own CPU: APIC id 3 */
    assert_int_equal(fake.wrmsr_value, 3ull << 32 | 0x40);
    assert_true(manager_writes(0x830, 1u << 18 | 0x40));
    assert_true(manager_writes(0x830, 3ull << 32 | 1u << 14 | 0x40));
    assert_true(manager_writes(0x830, (uint64_t)FAKE_OTHER_APIC_ID << 32 | 0x40));
    assert_false(manager_writes(0x830, (uint64_t)FAKE_PARKED_APIC_ID << 32 | 0x40));
    assert_false(manager_writes(0x830, 4ull << 32 | 0x40)); /* no CPU */
    assert_false(manager_writes(0x830, 0xffffffffull << 32 | 0x40));
    for (uint32_t delivery = 1; delivery < 8; delivery++) {
        assert_false(manager_writes(0x830, 3ull << 32 | delivery << 8 | 0x40));
    }
    for (uint32_t vector = 0; vector < 32; vector++) {
        assert_false(manager_writes(0x830, 3ull << 32 | vector));
    }
    assert_false(manager_writes(0x830, 3ull << 32 | 1u << 11 | 0x40)); /* logical */
    assert_false(manager_writes(0x830, 2u << 18 | 0x40));              /* all */
    assert_false(manager_writes(0x830, 3u << 18 | 0x40));              /* all others */
}

static void manager_is_denied_the_rest(void **test)
{
    static const uint32_t denied[] = {0x10,  0x1b,  0x3a,  0x3b,  0x79,  0x7a,  0x8b,  0xe1,
                                      0x150, 0x1a0, 0x1d9, 0x200, 0x2ff, 0x38f, 0x3f1, 0x480,
                                      0x570, 0x610, 0x80f, 0x82f, 0x833, 0x835, 0x83f, 0xc0011020};

    for (uint32_t n = 0; n < COUNT(denied); n++) {
        assert_false(manager_writes(denied[n], 0));
    }
    assert_false(manager_writes(MSR_IA32_XSS, 1));
    assert_true(manager_writes(MSR_IA32_XSS, 0));
    assert_true(manager_writes(MSR_IA32_EFER, EFER_LME | EFER_NXE));
    assert_false(manager_writes(MSR_IA32_EFER, 1u << 12));
    fake.native_msr[MSR_IA32_APIC_BASE] = 0xfee00d00;
    vcpu_state()->gpr.rcx = MSR_IA32_APIC_BASE;
    exit_manager_rdmsr();
    assert_int_equal(vcpu_state()->gpr.rax, 0xfee00d00);
    fake_clear_injected();
    fake.audited = 0;
    vcpu_state()->gpr.rcx = 0x3a;
    exit_manager_rdmsr();
    assert_true(fake_raises(VECTOR_GP));
    assert_int_equal(fake.audited, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(bitmaps_are_the_lists, setup),
        cmocka_unit_test_setup(poor_cpu_passes_less, setup),
        cmocka_unit_test_setup(arch_capabilities_promise_no_msr, setup),
        cmocka_unit_test_setup(guest_reads, setup),
        cmocka_unit_test_setup(everything_else_is_ve, setup),
        cmocka_unit_test_setup(switched_msrs_are_written_by_the_core, setup),
        cmocka_unit_test_setup(guest_writes, setup),
        cmocka_unit_test_setup(efer_is_checked, setup),
        cmocka_unit_test_setup(guest_call_answers, setup),
        cmocka_unit_test_setup(manager_lvt_timer, setup),
        cmocka_unit_test_setup(manager_icr, setup),
        cmocka_unit_test_setup(manager_is_denied_the_rest, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
