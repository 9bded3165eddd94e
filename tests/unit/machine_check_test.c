/* SPDX-License-Identifier: Apache-2.0 */
/* Machine checks: turned on with every bank, told with what the banks hold, and the core's whoever ran. */
#include "tests/unit/unit.h"

#include "arch/x86_64/console.h"
#include "arch/x86_64/cr.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/mce.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/msr_safe.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/percpu.h"
#include "ept/ept_flush.h"
#include "vmx/kick.h"
#include "vmx/nmi.h"
#include "vmx/vmcs_control.h"

enum { BANKS = 6, REGISTERS = 4, CONTROL = 0, STATUS = 1, ADDRESS = 2 };
#define VALID         (1ull << 63)
#define ADDRESS_VALID (1ull << 58)
#define ALL           0xffffffffffffffffull

struct percpu percpus[CPUS_MAX];
static uint64_t bank[BANKS][REGISTERS];
static uint64_t capabilities, control, global_status, cr4;
static bool has_architecture, has_registers;
static jmp_buf stopped;
static enum panic_reason why;
static uint64_t told[2];
static char said[1024];
static uint32_t acknowledged, unblocked;

struct cpuid_result insn_cpuid(uint32_t leaf, uint32_t subleaf)
{
    return (struct cpuid_result){.edx = leaf == 1 ? 1u << 7 | (has_architecture ? 1u << 14 : 0) : 0};
}

static uint64_t *msr_of(uint32_t msr)
{
    const uint32_t n = msr - MSR_IA32_MC0_CTL;

    assert_true(has_architecture && has_registers);
    switch (msr) {
    case MSR_IA32_MCG_CAP:
        return &capabilities;
    case MSR_IA32_MCG_STATUS:
        return &global_status;
    case MSR_IA32_MCG_CTL:
        assert_true((capabilities & 1u << 8) != 0);
        return &control;
    default:
        assert_true(n < BANKS * REGISTERS);
        return &bank[n / REGISTERS][n % REGISTERS];
    }
}

uint64_t insn_rdmsr(uint32_t msr)
{
    return *msr_of(msr);
}

void insn_wrmsr(uint32_t msr, uint64_t value)
{
    *msr_of(msr) = value;
}

bool msr_safe_read(uint32_t msr, uint64_t *value)
{
    if (has_registers) {
        *value = insn_rdmsr(msr);
    }
    return has_registers;
}

uint64_t insn_read_cr4(void)
{
    return cr4;
}

void insn_write_cr4(uint64_t value)
{
    cr4 = value;
}

uint64_t insn_read_gs_quadword(uint64_t offset)
{
    return (uint64_t)&percpus[0];
}

void insn_unblock_nmi(void)
{
    unblocked++;
}

void ept_flush_acknowledge(uint32_t cpu)
{
}

void kick_acknowledge(void)
{
    acknowledged++;
}

void panic_join(void)
{
}

_Noreturn void panic(enum panic_reason reason, uint64_t a, uint64_t b)
{
    why = reason;
    told[0] = a;
    told[1] = b;
    longjmp(stopped, 1);
}

void console_line_decimal(const char *text, uint64_t value, const char *unit)
{
    snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s%llu\n", text, (unsigned long long)value);
}

void console_line_hex(const char *text, uint64_t value)
{
    snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s%llx\n", text, (unsigned long long)value);
}

static int start(void **state)
{
    memset(bank, 0, sizeof(bank));
    capabilities = BANKS | 1u << 8;
    control = 0;
    global_status = 5;
    cr4 = 0x20;
    has_architecture = true;
    has_registers = true;
    why = 0;
    said[0] = 0;
    acknowledged = 0;
    unblocked = 0;
    return 0;
}

static bool stops(uint64_t info)
{
    if (setjmp(stopped) != 0) {
        return true;
    }
    (void)nmi_or_machine_check(info);
    return false;
}

static uint64_t interruption(uint64_t type, uint64_t vector)
{
    return 1ull << 31 | type << INTERRUPTION_TYPE_SHIFT | vector;
}

static void every_bank_reports(void **state)
{
    for (uint32_t b = 0; b < BANKS; b++) {
        bank[b][STATUS] = VALID | b;
    }
    mce_init();
    assert_int_equal(control, ALL);
    assert_int_equal(cr4, 0x20 | CR4_MCE);
    for (uint32_t b = 0; b < BANKS; b++) {
        assert_int_equal(bank[b][CONTROL], ALL);
        assert_int_equal(bank[b][STATUS], 0);
    }
}

/* Exceptions are turned on all the same, and no register is touched that is not there. */
static void a_cpu_without_banks_is_taken(void **state)
{
    capabilities = 0;
    mce_init();
    assert_int_equal(cr4, 0x20 | CR4_MCE);
    has_registers = false;
    cr4 = 0;
    mce_init();
    assert_int_equal(cr4, CR4_MCE);
    has_architecture = false;
    cr4 = 0;
    mce_init();
    assert_int_equal(cr4, CR4_MCE);
    assert_true(stops(interruption(INTERRUPTION_HARDWARE_EXCEPTION, 18)));
    assert_int_equal(why, PANIC_MACHINE_CHECK);
    assert_string_equal(said, "");
}

static void the_record_has_what_the_banks_hold(void **state)
{
    bank[1][STATUS] = VALID | ADDRESS_VALID | 0x135;
    bank[1][ADDRESS] = 0xabcd000;
    bank[2][STATUS] = ~VALID;
    bank[4][STATUS] = VALID | 0x9;
    bank[4][ADDRESS] = 0x1234000;
    assert_true(stops(interruption(INTERRUPTION_HARDWARE_EXCEPTION, 18)));
    assert_int_equal(why, PANIC_MACHINE_CHECK);
    assert_int_equal(told[0], 5);
    assert_int_equal(told[1], bank[1][STATUS]);
    assert_string_equal(said, "machine check in bank 1\n  status 8400000000000135\n  address abcd000\n"
                              "machine check in bank 4\n  status 8000000000000009\n");
}

/* What comes while a partition runs: a machine check and an NMI are the core's, and nothing else is. */
static void no_other_exit_is_one(void **state)
{
    for (uint64_t vector = 0; vector < 32; vector++) {
        if (vector != 18) {
            assert_false(stops(interruption(INTERRUPTION_HARDWARE_EXCEPTION, vector)));
        }
    }
    assert_int_equal(acknowledged, 0);
    assert_true(nmi_or_machine_check(interruption(INTERRUPTION_NMI, 2)));
    assert_int_equal(acknowledged, 1);
    assert_int_equal(unblocked, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_bank_reports, start),
        cmocka_unit_test_setup(a_cpu_without_banks_is_taken, start),
        cmocka_unit_test_setup(the_record_has_what_the_banks_hold, start),
        cmocka_unit_test_setup(no_other_exit_is_one, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
