/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "arch/x86_64/dma.h"
#include "arch/x86_64/hpet.h"
#include "arch/x86_64/ioapic.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/pic.h"
#include "tests/unit/fake_machine.h"

enum { HPET = 0xfed00000, X2APIC = 1 << 21, MASKED = 1 << 16, ENABLED = 0x800, EXTENDED = 0x400 };

static int start(void **state)
{
    fake_reset();
    fake.cpuid_1_ecx = X2APIC;
    return 0;
}

static void every_ioapic_entry_is_masked(void **state)
{
    memset(fake.ioapic, 0x5a, sizeof(fake.ioapic));
    fake.ioapic[1] = 0x00170011;
    assert_int_equal(ioapic_silence((void *)FAKE_IOAPIC), 24);
    for (uint32_t entry = 0; entry < 24; entry++) {
        assert_int_equal(fake.ioapic[0x10 + 2 * entry], MASKED);
        assert_int_equal(fake.ioapic[0x11 + 2 * entry], 0);
    }
    assert_int_equal(fake.ioapic[0x10 + 2 * 24], 0x5a5a5a5a);
}

static void an_ioapic_that_is_too_large_or_not_there(void **state)
{
    fake.ioapic[1] = 0x00ff0011;
    assert_int_equal(ioapic_silence((void *)FAKE_IOAPIC), 120);
    fake.ioapic[1] = UINT32_MAX;
    fake.write_count = 0;
    assert_int_equal(ioapic_silence((void *)FAKE_IOAPIC), 0);
    assert_int_equal(fake.write_count, 1); /* the register's number */
}

static void hpet_timers_lose_interrupt_and_message(void **state)
{
    memset(fake.memory, 0, sizeof(fake.memory));
    fake.memory[0] = 2 << 8; /* three timers */
    fake.memory[0x10 / 4] = 0x13;
    fake.memory[0x100 / 4] = 0xffffffff;
    fake.memory[0x120 / 4] = 0x4004;
    fake.memory[0x140 / 4] = 0x8;
    fake.memory[0x160 / 4] = 0x4;
    hpet_silence((void *)HPET);
    assert_int_equal(fake.memory[0x10 / 4], 0x10);
    assert_int_equal(fake.memory[0x100 / 4], 0xffffbffb);
    assert_int_equal(fake.memory[0x120 / 4], 0);
    assert_int_equal(fake.memory[0x140 / 4], 0x8);
    assert_int_equal(fake.memory[0x160 / 4], 0x4);
}

static void a_hpet_that_is_not_there_is_bounded(void **state)
{
    memset(fake.memory, 0xff, sizeof(fake.memory));
    hpet_silence((void *)HPET);
    assert_int_equal(hpet_period((void *)HPET), 0);
    for (uint32_t i = 0; i < fake.write_count; i++) {
        assert_true(fake.writes[i].address < HPET + HPET_BLOCK_BYTES);
    }
}

static void both_8259s_are_moved_and_masked(void **state)
{
    pic_silence();
    assert_int_equal(fake_last(FAKE_PORT, 0x21), 0xff);
    assert_int_equal(fake_last(FAKE_PORT, 0xa1), 0xff);
    assert_int_equal(fake_last(FAKE_PORT, 0x20), 0x11);
    assert_int_equal(fake_last(FAKE_PORT, 0xa0), 0x11);
    /* Mask, ICW2 to ICW4, mask. */
    assert_int_equal(fake_count(FAKE_PORT, 0x21), 5);
    assert_int_equal(fake.writes[0].value, 0xff);
    assert_int_equal(fake.writes[3].value, 0x20);
}

static void chipset_nmis_are_gated(void **state)
{
    pic_silence_nmi();
    assert_int_equal(fake_last(FAKE_PORT, 0x61), 0x0c);
    assert_int_equal(fake_last(FAKE_PORT, 0x70), 0x80 | 0x0d);
}

static void isa_dma_is_off(void **state)
{
    dma_silence();
    assert_int_equal(fake_last(FAKE_PORT, 0x0f), 0x0f);
    assert_int_equal(fake_last(FAKE_PORT, 0xde), 0x0f);
    assert_int_equal(fake_last(FAKE_PORT, 0x08), 0x04);
    assert_int_equal(fake_last(FAKE_PORT, 0xd0), 0x04);
}

static void lapic_becomes_x2apic_and_quiet(void **state)
{
    fake.msr[MSR_IA32_X2APIC_VERSION] = 6 << 16;
    fake.msr[MSR_IA32_X2APIC_ISR0 + 7] = 0x80000001;
    assert_true(lapic_enable());
    assert_int_equal(fake.writes[0].value, ENABLED);
    assert_int_equal(fake.writes[1].value, ENABLED | EXTENDED);
    for (uint32_t lvt = MSR_IA32_X2APIC_LVT_TIMER; lvt <= MSR_IA32_X2APIC_LVT_ERROR; lvt++) {
        assert_int_equal(fake_last(FAKE_MSR, lvt), MASKED);
    }
    assert_int_equal(fake_last(FAKE_MSR, MSR_IA32_X2APIC_LVT_CMCI), MASKED);
    assert_int_equal(fake_last(FAKE_MSR, MSR_IA32_X2APIC_SIVR), 0x1ff);
    assert_int_equal(fake_last(FAKE_MSR, MSR_IA32_X2APIC_INIT_COUNT), 0);
    assert_int_equal(fake_last(FAKE_MSR, MSR_IA32_X2APIC_TPR), 0);
    assert_int_equal(fake_count(FAKE_MSR, MSR_IA32_X2APIC_EOI), 2);
}

static void lapic_without_cmci_or_without_x2apic(void **state)
{
    fake.msr[MSR_IA32_X2APIC_VERSION] = 3 << 16;
    assert_true(lapic_enable());
    assert_int_equal(fake_count(FAKE_MSR, MSR_IA32_X2APIC_LVT_CMCI), 0);
    assert_int_equal(fake_count(FAKE_MSR, MSR_IA32_X2APIC_LVT_THERMAL), 0);
    assert_int_equal(fake_count(FAKE_MSR, MSR_IA32_X2APIC_LVT_PMI), 0);
    fake_reset();
    assert_false(lapic_enable());
    assert_int_equal(fake.write_count, 0);
}

static void interprocessor_interrupts(void **state)
{
    lapic_send_init(0x123);
    assert_int_equal(fake_last(FAKE_MSR, MSR_IA32_X2APIC_ICR), 0x12300004500ull);
    lapic_send_sipi(0x123, 0x9e);
    assert_int_equal(fake_last(FAKE_MSR, MSR_IA32_X2APIC_ICR), 0x1230000469eull);
    lapic_send_nmi(7);
    assert_int_equal(fake_last(FAKE_MSR, MSR_IA32_X2APIC_ICR), 0x700004400ull);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_ioapic_entry_is_masked, start),
        cmocka_unit_test_setup(an_ioapic_that_is_too_large_or_not_there, start),
        cmocka_unit_test_setup(hpet_timers_lose_interrupt_and_message, start),
        cmocka_unit_test_setup(a_hpet_that_is_not_there_is_bounded, start),
        cmocka_unit_test_setup(both_8259s_are_moved_and_masked, start),
        cmocka_unit_test_setup(chipset_nmis_are_gated, start),
        cmocka_unit_test_setup(isa_dma_is_off, start),
        cmocka_unit_test_setup(lapic_becomes_x2apic_and_quiet, start),
        cmocka_unit_test_setup(lapic_without_cmci_or_without_x2apic, start),
        cmocka_unit_test_setup(interprocessor_interrupts, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
