/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/vmx_fake.h"

#include "abi/audit.h"
#include "arch/x86_64/cr.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/vector.h"
#include "vmx/cr_policy.h"
#include "vmx/vmcs_control.h"

#define MOV_TO   0u
#define MOV_FROM 1u
#define CLTS     2u
#define CR4_NOW  (CR4_PAE | CR4_MCE | CR4_VMXE)

static int setup(void **test)
{
    fake_reset();
    vmcs_write(VMCS_GUEST_CR0, CR0_PG | CR0_PE | CR0_NE | CR0_ET);
    vmcs_write(VMCS_GUEST_CR4, CR4_NOW);
    vmcs_write(VMCS_GUEST_IA32_EFER, EFER_LME | EFER_LMA);
    vmcs_write(VMCS_ENTRY_CONTROLS, ENTRY_IA32E_MODE_GUEST);
    fake.native_msr[MSR_IA32_VMX_CR4_FIXED1 % 0x1000] = 0x3767ff;
    return 0;
}

/* Does `mov %rdx, %crN` (or the other way) go through? */
static bool mov(uint32_t cr, uint32_t type, uint64_t value)
{
    vcpu_state()->gpr.rdx = value;
    vmcs_write(VMCS_EXIT_QUALIFICATION, cr | type << 4 | 2u << 8);
    fake_clear_injected();
    fake.skipped = 0;
    assert_int_equal(exit_cr_access(), NEXT_RESUME);
    assert_int_equal(fake.skipped == 0, fake_raises(VECTOR_GP));
    return fake.skipped != 0;
}

static void cr0_keeps_caches_and_errors(void **test)
{
    const uint64_t on = CR0_PG | CR0_PE;

    assert_true(mov(0, MOV_TO, on | CR0_CD | CR0_WP));
    assert_int_equal(vmcs_read(VMCS_GUEST_CR0), on | CR0_WP | CR0_NE | CR0_ET);
    assert_int_equal(vmcs_read(VMCS_CR0_READ_SHADOW) & CR_POLICY_CR0_MASK, CR0_CD);
    assert_true(mov(0, MOV_TO, on | CR0_CD | CR0_NW | CR0_NE));
    assert_int_equal(vmcs_read(VMCS_GUEST_CR0), on | CR0_NE | CR0_ET);
    assert_false(mov(0, MOV_TO, on | CR0_NW)); /* NW without CD */
    assert_false(mov(0, MOV_TO, CR0_PG));      /* paging without protection */
    for (uint32_t bit = 32; bit < 64; bit++) {
        assert_false(mov(0, MOV_TO, on | 1ull << bit));
    }
}

static void paging_ends_and_begins_long_mode(void **test)
{
    assert_false(mov(0, MOV_TO, CR0_PE)); /* from 64-bit code */
    vmcs_write(VMCS_GUEST_CS_ACCESS_RIGHTS, 0xc09b);
    vmcs_write(VMCS_GUEST_CR4, CR4_NOW | CR4_PCIDE);
    assert_false(mov(0, MOV_TO, CR0_PE));
    vmcs_write(VMCS_GUEST_CR4, CR4_NOW);
    assert_true(mov(0, MOV_TO, CR0_PE));
    assert_int_equal(vmcs_read(VMCS_GUEST_IA32_EFER), EFER_LME);
    assert_int_equal(vmcs_read(VMCS_ENTRY_CONTROLS), 0);
    vmcs_write(VMCS_GUEST_CR4, CR4_MCE | CR4_VMXE);
    assert_false(mov(0, MOV_TO, CR0_PG | CR0_PE)); /* without PAE */
    vmcs_write(VMCS_GUEST_CR4, CR4_NOW);
    vmcs_write(VMCS_GUEST_CS_ACCESS_RIGHTS, 0xa09b);
    assert_false(mov(0, MOV_TO, CR0_PG | CR0_PE)); /* with CS.L */
    vmcs_write(VMCS_GUEST_CS_ACCESS_RIGHTS, 0xc09b);
    assert_true(mov(0, MOV_TO, CR0_PG | CR0_PE));
    assert_int_equal(vmcs_read(VMCS_GUEST_IA32_EFER), EFER_LME | EFER_LMA);
    assert_int_equal(vmcs_read(VMCS_ENTRY_CONTROLS), ENTRY_IA32E_MODE_GUEST);
}

/* 32-bit code does not move more than 32 bits. */
static void upper_half_in_32_bit_code(void **test)
{
    vmcs_write(VMCS_GUEST_CR0, CR0_PE | CR0_NE | CR0_ET);
    vmcs_write(VMCS_GUEST_IA32_EFER, 0);
    vmcs_write(VMCS_GUEST_CS_ACCESS_RIGHTS, 0xc09b);
    assert_true(mov(0, MOV_TO, 0xffffffff00000000 | CR0_PE));
}

static void pae_paging_without_long_mode(void **test)
{
    vmcs_write(VMCS_GUEST_CR0, CR0_PE | CR0_NE | CR0_ET);
    vmcs_write(VMCS_GUEST_IA32_EFER, 0);
    assert_false(mov(0, MOV_TO, CR0_PG | CR0_PE));
    vmcs_write(VMCS_GUEST_CR4, CR4_MCE | CR4_VMXE);
    assert_true(mov(0, MOV_TO, CR0_PG | CR0_PE));
    assert_int_equal(vmcs_read(VMCS_ENTRY_CONTROLS), ENTRY_IA32E_MODE_GUEST); /* as it was */
}

static void cr4_bits(void **test)
{
    assert_true(mov(4, MOV_TO, CR4_PAE | CR4_MCE));
    assert_int_equal(vmcs_read(VMCS_CR4_READ_SHADOW), CR4_MCE);
    assert_int_equal(vmcs_read(VMCS_GUEST_CR4), CR4_NOW);
    assert_true(mov(4, MOV_TO, CR4_PAE | CR4_PGE)); /* MCE is told to be off, and is on */
    assert_int_equal(vmcs_read(VMCS_CR4_READ_SHADOW), 0);
    assert_int_equal(vmcs_read(VMCS_GUEST_CR4), CR4_NOW | CR4_PGE);
    for (uint32_t bit = 0; bit < 64; bit++) {
        const bool is_free = (CR_POLICY_CR4_FREE | CR4_MCE) >> bit & 1;
        const bool is_supported = 0x3767ffull >> bit & 1;

        assert_int_equal(mov(4, MOV_TO, CR4_PAE | 1ull << bit), is_free && is_supported);
        assert_int_equal(vmcs_read(VMCS_GUEST_CR4) & (CR4_MCE | CR4_VMXE), CR4_MCE | CR4_VMXE);
    }
    assert_false(mov(4, MOV_TO, CR4_PAE | CR4_VMXE));
    assert_false(mov(4, MOV_TO, CR4_PAE | CR4_SMXE));
    assert_false(mov(4, MOV_TO, CR4_PAE | CR4_LA57));
    assert_false(mov(4, MOV_TO, CR4_PAE | CR4_PKE));
    assert_false(mov(4, MOV_TO, 0)); /* PAE cannot go in long mode */
}

static void pcid_needs_long_mode(void **test)
{
    assert_true(mov(4, MOV_TO, CR4_PAE));
    vmcs_write(VMCS_GUEST_CR3, 0x1001);
    assert_false(mov(4, MOV_TO, CR4_PAE | CR4_PCIDE));
    vmcs_write(VMCS_GUEST_CR3, 0x1000);
    assert_true(mov(4, MOV_TO, CR4_PAE | CR4_PCIDE));
    assert_true(mov(4, MOV_TO, CR4_PAE));
    vmcs_write(VMCS_GUEST_IA32_EFER, EFER_LME);
    assert_false(mov(4, MOV_TO, CR4_PAE | CR4_PCIDE));
}

static void task_priority(void **test)
{
    assert_true(mov(8, MOV_TO, 9));
    assert_int_equal(vcpu_state()->virtual_apic[8 * VIRTUAL_APIC_STRIDE], 0x90);
    assert_true(mov(8, MOV_FROM, 0));
    assert_int_equal(vcpu_state()->gpr.rdx, 9);
    assert_false(mov(8, MOV_TO, 0x10));
}

static void what_cannot_exit(void **test)
{
    static const uint32_t wrong[] = {3 | MOV_TO << 4,
                                     3 | MOV_FROM << 4,
                                     0 | CLTS << 4,
                                     0 | 3u << 4,
                                     0 | MOV_FROM << 4,
                                     2 | MOV_TO << 4,
                                     15,
                                     8 | CLTS << 4};

    for (uint32_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
        vmcs_write(VMCS_EXIT_QUALIFICATION, wrong[n]);
        assert_int_equal(exit_cr_access(), NEXT_MANAGER);
        assert_int_equal(fake.returned, FAKE_KILLED);
        fake.audited = 0;
        fake_clear_injected();
        exit_manager_cr_access();
        assert_true(fake_raises(VECTOR_GP));
        assert_int_equal(fake.audited, 1);
    }
}

static void manager_uses_the_same_rules(void **test)
{
    vcpu_state()->gpr.rdx = CR4_PAE | CR4_VMXE;
    vmcs_write(VMCS_EXIT_QUALIFICATION, 4 | 2u << 8);
    exit_manager_cr_access();
    assert_true(fake_raises(VECTOR_GP));
    assert_int_equal(fake.audit_event, AUDIT_MANAGER_EXCEPTION);
    fake_clear_injected();
    vcpu_state()->gpr.rdx = CR0_PG | CR0_PE | CR0_CD;
    vmcs_write(VMCS_EXIT_QUALIFICATION, 0 | 2u << 8);
    exit_manager_cr_access();
    assert_int_equal(fake_injected(), 0);
    assert_int_equal(vmcs_read(VMCS_GUEST_CR0) & CR0_CD, 0);
    vmcs_write(VMCS_EXIT_QUALIFICATION, 8 | 2u << 8); /* its CR8 is the CPU's */
    exit_manager_cr_access();
    assert_true(fake_raises(VECTOR_GP));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(cr0_keeps_caches_and_errors, setup),
        cmocka_unit_test_setup(paging_ends_and_begins_long_mode, setup),
        cmocka_unit_test_setup(upper_half_in_32_bit_code, setup),
        cmocka_unit_test_setup(pae_paging_without_long_mode, setup),
        cmocka_unit_test_setup(cr4_bits, setup),
        cmocka_unit_test_setup(pcid_needs_long_mode, setup),
        cmocka_unit_test_setup(task_priority, setup),
        cmocka_unit_test_setup(what_cannot_exit, setup),
        cmocka_unit_test_setup(manager_uses_the_same_rules, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
