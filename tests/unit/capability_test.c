/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/panic.h"
#include "vmx/capability.h"

/*
 * What the core asks of a CPU with VMX, by the manual's bit numbers: all that isolation needs is on where the CPU has it,
 * and a CPU that lacks any of it is refused.
 */
#define PIN           0x00000068u /* NMI exiting, virtual NMIs, preemption timer */
#define PIN_GUEST     0x00000001u /* external interrupts */
#define PRIMARY       0xb2800c00u /* MWAIT, RDPMC, MOV DR, I/O bitmaps, MSR bitmaps, MONITOR, secondary controls */
#define PRIMARY_GUEST 0x00000080u /* HLT */
#define CR8_EXITING   0x00180000u /* loads and stores: where the core keeps the TPR */
#define TPR_SHADOW    0x00200000u /* where the CPU does */
#define APIC                                                                                                 \
    0x00000310u /* virtualize x2APIC mode, APIC-register virtualization, virtual-interrupt delivery */
#define APIC_ACCESSES  0x00000001u
#define SECONDARY      0x000000e2u /* EPT, VPID, WBINVD, unrestricted guest */
#define SECONDARY_MORE 0x00109008u /* RDTSCP, INVPCID, ENCLS, XSAVES: where the CPU has them */
#define EXIT           0x003c0204u /* debug controls, 64-bit host, PAT and EFER saved and loaded */
#define ENTRY          0x0000c004u /* debug controls, PAT, EFER */
#define PERF_EXIT      0x00001000u
#define PERF_ENTRY     0x00002000u
#define EPT_VPID       0x0000020106104040ull

static uint64_t msr[0x1000];
static char refused_for[64];
static bool wants_apic_virtualization;
static jmp_buf refused;

uint64_t insn_rdmsr(uint32_t number)
{
    assert_in_range(number, 0, 0xfff);
    return msr[number];
}

_Noreturn void refuse_named(const char *sentence, const char *name)
{
    assert_int_equal(strncmp(sentence, "This CPU lacks", 14), 0);
    snprintf(refused_for, sizeof(refused_for), "%s", name);
    longjmp(refused, 1);
}

static uint64_t all_possible(uint32_t forced)
{
    return 0xffffffffull << 32 | forced;
}

static int setup(void **state)
{
    memset(msr, 0, sizeof(msr));
    wants_apic_virtualization = true;
    msr[MSR_IA32_VMX_BASIC] = 1ull << 55;
    msr[MSR_IA32_VMX_TRUE_PINBASED_CTLS] = all_possible(0x16);
    msr[MSR_IA32_VMX_TRUE_PROCBASED_CTLS] = all_possible(0x04006172);
    msr[MSR_IA32_VMX_TRUE_EXIT_CTLS] = all_possible(0x36dfb);
    msr[MSR_IA32_VMX_TRUE_ENTRY_CTLS] = all_possible(0x11fb);
    msr[MSR_IA32_VMX_PROCBASED_CTLS2] = all_possible(0);
    msr[MSR_IA32_VMX_EPT_VPID_CAP] = EPT_VPID;
    msr[MSR_IA32_VMX_MISC] = 5;
    return 0;
}

static bool is_refused(void)
{
    if (setjmp(refused) != 0) {
        return true;
    }
    capability_negotiate(wants_apic_virtualization);
    return false;
}

static void all_that_isolation_needs_is_on(void **state)
{
    assert_false(is_refused());
    assert_int_equal(capability.pin, 0x16 | PIN);
    assert_int_equal(capability.pin_guest, 0x16 | PIN | PIN_GUEST);
    assert_int_equal(capability.primary, 0x04006172 | PRIMARY);
    assert_int_equal(capability.primary_guest, 0x04006172 | PRIMARY | PRIMARY_GUEST | TPR_SHADOW);
    assert_int_equal(capability.secondary & (SECONDARY | SECONDARY_MORE), SECONDARY | SECONDARY_MORE);
    assert_int_equal(capability.exit, 0x36dfb | EXIT | PERF_EXIT);
    assert_int_equal(capability.entry, 0x11fb | ENTRY | PERF_ENTRY);
    assert_int_equal(capability.preemption_shift, 5);
    assert_true(capability.has_perf_global_ctrl && capability.has_xsaves && capability.has_encls_exiting);
}

static void what_a_cpu_may_lack_is_left_off(void **state)
{
    msr[MSR_IA32_VMX_PROCBASED_CTLS2] = (uint64_t)SECONDARY << 32;
    msr[MSR_IA32_VMX_TRUE_EXIT_CTLS] &= ~((uint64_t)PERF_EXIT << 32);
    assert_false(is_refused());
    assert_int_equal(capability.secondary, SECONDARY);
    assert_false(capability.has_perf_global_ctrl || capability.has_xsaves || capability.has_encls_exiting);
}

static void the_core_keeps_the_apic(void)
{
    assert_false(is_refused());
    assert_false(capability.has_apic_virtualization);
    assert_int_equal(capability.primary_guest, 0x04006172 | PRIMARY | PRIMARY_GUEST | CR8_EXITING);
    assert_int_equal(capability.secondary_guest, capability.secondary);
    assert_int_equal(capability.secondary & (APIC | APIC_ACCESSES), 0);
}

/* All controls of it or none: half of it would leave the guest the APIC of the CPU.  Never the manager's. */
static void apic_virtualization_is_whole_or_off(void **state)
{
    assert_false(is_refused());
    assert_true(capability.has_apic_virtualization);
    assert_int_equal(capability.primary & (TPR_SHADOW | CR8_EXITING), 0);
    assert_int_equal(capability.secondary & (APIC | APIC_ACCESSES), 0);
    assert_int_equal(capability.secondary_guest, capability.secondary | APIC);
    for (uint32_t bit = 0; bit < 32; bit++) {
        if ((APIC >> bit & 1) != 0) {
            msr[MSR_IA32_VMX_PROCBASED_CTLS2] = all_possible(0) & ~(1ull << (32 + bit));
            the_core_keeps_the_apic();
        }
    }
    msr[MSR_IA32_VMX_PROCBASED_CTLS2] = all_possible(0);
    msr[MSR_IA32_VMX_TRUE_PROCBASED_CTLS] &= ~((uint64_t)TPR_SHADOW << 32);
    the_core_keeps_the_apic();
    msr[MSR_IA32_VMX_TRUE_PROCBASED_CTLS] = all_possible(0x04006172);
    wants_apic_virtualization = false;
    the_core_keeps_the_apic();
}

static void each_bit_is_needed(uint32_t number, uint64_t needed)
{
    for (uint32_t bit = 0; bit < 64; bit++) {
        if ((needed >> bit & 1) != 0) {
            const uint64_t kept = msr[number];

            msr[number] &= ~(1ull << bit);
            if (!is_refused()) {
                fail_msg("a CPU without bit %u of MSR %#x is taken", bit, number);
            }
            assert_int_not_equal(refused_for[0], 0);
            msr[number] = kept;
        }
    }
}

static void a_cpu_that_lacks_any_is_refused(void **state)
{
    each_bit_is_needed(MSR_IA32_VMX_TRUE_PINBASED_CTLS, (uint64_t)(PIN | PIN_GUEST) << 32);
    each_bit_is_needed(MSR_IA32_VMX_TRUE_PROCBASED_CTLS, (uint64_t)(PRIMARY | PRIMARY_GUEST) << 32);
    each_bit_is_needed(MSR_IA32_VMX_PROCBASED_CTLS2, (uint64_t)SECONDARY << 32);
    wants_apic_virtualization = false;
    each_bit_is_needed(MSR_IA32_VMX_TRUE_PROCBASED_CTLS, (uint64_t)CR8_EXITING << 32);
    each_bit_is_needed(MSR_IA32_VMX_TRUE_EXIT_CTLS, (uint64_t)EXIT << 32);
    each_bit_is_needed(MSR_IA32_VMX_TRUE_ENTRY_CTLS, (uint64_t)ENTRY << 32);
    each_bit_is_needed(MSR_IA32_VMX_EPT_VPID_CAP, EPT_VPID);
}

static void old_cpus_say_it_in_other_registers(void **state)
{
    msr[MSR_IA32_VMX_BASIC] = 0;
    for (uint32_t n = 0; n < 4; n++) {
        msr[MSR_IA32_VMX_PINBASED_CTLS + n] = msr[MSR_IA32_VMX_TRUE_PINBASED_CTLS + n];
        msr[MSR_IA32_VMX_TRUE_PINBASED_CTLS + n] = 0;
    }
    assert_false(is_refused());
    assert_int_equal(capability.pin, 0x16 | PIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_that_isolation_needs_is_on, setup),
        cmocka_unit_test_setup(what_a_cpu_may_lack_is_left_off, setup),
        cmocka_unit_test_setup(apic_virtualization_is_whole_or_off, setup),
        cmocka_unit_test_setup(a_cpu_that_lacks_any_is_refused, setup),
        cmocka_unit_test_setup(old_cpus_say_it_in_other_registers, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
