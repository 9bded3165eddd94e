/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/vmx_fake.h"

#include "arch/x86_64/cr.h"
#include "arch/x86_64/msr.h"
#include "isolation/vcpu.h"
#include "vmx/capability.h"
#include "vmx/exit_reason.h"
#include "vmx/vlapic.h"
#include "vmx/vmcs_control.h"

#define MASKED   (1u << 16)
#define PERIODIC (1u << 17)
#define DEADLINE (1u << 18)

/* Every test but a few runs twice: the core delivers, or a CPU with virtual-interrupt delivery, which is played here. */
static bool by_cpu;

static void reset(void)
{
    fake_reset();
    capability.has_apic_virtualization = by_cpu;
}

static int setup(void **test)
{
    by_cpu = false;
    reset();
    vlapic_write(MSR_IA32_X2APIC_SIVR, 0x1ff);
    return 0;
}

static int setup_by_cpu(void **test)
{
    by_cpu = true;
    reset();
    vlapic_write(MSR_IA32_X2APIC_SIVR, 0x1ff);
    return 0;
}

/* The virtual-APIC page as a CPU sees it, by the offsets of the manual. */
static uint32_t *page_at(uint32_t offset)
{
    return (uint32_t *)((uint8_t *)vcpu_state()->virtual_apic + offset);
}

enum { TPR_AT = 0x80, ISR_AT = 0x100, IRR_AT = 0x200, SELF_IPI_AT = 0x3f0 };

static uint32_t highest_at(uint32_t offset)
{
    for (uint32_t vector = 255; vector > 0; vector--) {
        if ((*page_at(offset + vector / 32 * 16) >> vector % 32 & 1) != 0) {
            return vector;
        }
    }
    return 0;
}

static void change_at(uint32_t offset, uint32_t vector, bool on)
{
    uint32_t *word = page_at(offset + vector / 32 * 16);

    *word = (*word & ~(1u << vector % 32)) | (uint32_t)on << vector % 32;
}

static uint32_t rvi(void)
{
    return vmcs_read(VMCS_GUEST_INTERRUPT_STATUS) & 0xff;
}

static uint32_t svi(void)
{
    return vmcs_read(VMCS_GUEST_INTERRUPT_STATUS) >> 8;
}

static void set_status(uint32_t to_rvi, uint32_t to_svi)
{
    vmcs_write(VMCS_GUEST_INTERRUPT_STATUS, to_svi << 8 | to_rvi);
}

/* SDM Vol. 3C, "Virtual-Interrupt Delivery", at an entry: what the guest takes. */
static uint32_t cpu_delivers(void)
{
    const uint32_t tpr = *page_at(TPR_AT);
    const uint32_t ppr = tpr >> 4 >= svi() >> 4 ? tpr : svi() & 0xf0;
    const uint32_t vector = rvi();

    assert_int_equal(rvi(), highest_at(IRR_AT));
    assert_int_equal(svi(), highest_at(ISR_AT));
    if (vector >> 4 <= ppr >> 4 || (vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_IF) == 0 ||
        (vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS)) != 0) {
        return 0;
    }
    change_at(ISR_AT, vector, true);
    change_at(IRR_AT, vector, false);
    set_status(highest_at(IRR_AT), vector);
    return vector;
}

/* The writes that do not exit. */
static bool cpu_writes(uint32_t msr, uint64_t value)
{
    switch (msr) {
    case MSR_IA32_X2APIC_TPR:
        *page_at(TPR_AT) = value;
        return true;
    case MSR_IA32_X2APIC_EOI:
        change_at(ISR_AT, svi(), false);
        set_status(rvi(), highest_at(ISR_AT));
        return true;
    case MSR_IA32_X2APIC_SELF_IPI:
        *page_at(SELF_IPI_AT) = value;
        if (value < 16) {
            vmcs_write(VMCS_EXIT_QUALIFICATION, SELF_IPI_AT);
            assert_int_equal(exit_apic_write(), NEXT_RESUME);
            assert_int_equal(fake.skipped, 0); /* the exit comes after the instruction */
            return true;
        }
        change_at(IRR_AT, value, true);
        set_status(value > rvi() ? value : rvi(), svi());
        return true;
    default:
        return false;
    }
}

static uint64_t get(uint32_t msr)
{
    uint64_t value = 0xdeaddeaddeaddead;

    assert_int_equal(vlapic_read(msr, &value), VLAPIC_DONE);
    return value;
}

static void set(uint32_t msr, uint64_t value)
{
    if (by_cpu && cpu_writes(msr, value)) {
        return;
    }
    assert_int_equal(vlapic_write(msr, value), VLAPIC_DONE);
}

/* The next entry, and what it delivers. */
static uint32_t enter(void)
{
    const struct vlapic *apic = &vcpu_state()->vlapic;
    const bool quiet =
        vlapic_is_quiet(apic, percpu_this()->vcpu) && fake.tsc <= vlapic_timer_quiet_until(apic);
    const uint64_t controls = vmcs_read(VMCS_PRIMARY_CONTROLS);
    uint32_t vector;

    vlapic_prepare_entry();
    vector = fake_injected();
    if (by_cpu) { /* the core injects none, and asks for no window: the CPU would deliver none before it */
        assert_int_equal(vector, 0);
        assert_int_equal(vmcs_read(VMCS_PRIMARY_CONTROLS), controls);
        return cpu_delivers();
    }
    if (quiet) { /* the short way back from an exit would have done the same */
        assert_int_equal(vector, 0);
        assert_int_equal(vmcs_read(VMCS_PRIMARY_CONTROLS), controls);
    }
    fake_clear_injected();
    return vector;
}

static bool window_is_asked_for(void)
{
    return (vmcs_read(VMCS_PRIMARY_CONTROLS) & PRIMARY_INTERRUPT_WINDOW_EXITING) != 0;
}

static uint32_t own_slot(void)
{
    return percpu_this()->vcpu;
}

static void registers_after_reset(void **test)
{
    reset();
    assert_int_equal(get(MSR_IA32_X2APIC_APICID), 0);
    assert_int_equal(get(MSR_IA32_X2APIC_VERSION), 0x50014);
    assert_int_equal(get(MSR_IA32_X2APIC_SIVR), 0xff);
    assert_int_equal(get(MSR_IA32_X2APIC_LDR), 1);
    for (uint32_t n = 0; n < 6; n++) {
        assert_int_equal(get(MSR_IA32_X2APIC_LVT_TIMER + n), MASKED);
    }
    percpu_this()->vcpu += 18;
    assert_int_equal(get(MSR_IA32_X2APIC_APICID), 18);
    assert_int_equal(get(MSR_IA32_X2APIC_LDR), 1u << 16 | 1u << 2);
}

/* A request is injected once, is in service until EOI, and holds back its priority class and those below. */
static void priority_and_eoi(void **test)
{
    vcpu_request(own_slot(), 0x41);
    vcpu_request(own_slot(), 0x45);
    vcpu_request(own_slot(), 0x31);
    assert_int_equal(enter(), 0x45);
    assert_int_equal(get(MSR_IA32_X2APIC_ISR0 + 2), 1u << 5);
    assert_int_equal(get(MSR_IA32_X2APIC_IRR0 + 2), 1u << 1);
    assert_int_equal(get(MSR_IA32_X2APIC_PPR), 0x40);
    assert_int_equal(enter(), 0);
    vcpu_request(own_slot(), 0x52); /* higher class: nested */
    assert_int_equal(enter(), 0x52);
    set(MSR_IA32_X2APIC_EOI, 0);
    assert_int_equal(get(MSR_IA32_X2APIC_PPR), 0x40);
    set(MSR_IA32_X2APIC_EOI, 0);
    assert_int_equal(enter(), 0x41);
    set(MSR_IA32_X2APIC_EOI, 0);
    assert_int_equal(enter(), 0x31);
    set(MSR_IA32_X2APIC_EOI, 0);
    set(MSR_IA32_X2APIC_EOI, 0); /* one too many is nothing */
    assert_int_equal(enter(), 0);
    assert_false(window_is_asked_for());
}

static void task_priority_holds_back(void **test)
{
    set(MSR_IA32_X2APIC_TPR, 0x50);
    vcpu_request(own_slot(), 0x5f);
    assert_int_equal(enter(), 0);
    assert_false(window_is_asked_for()); /* no window would ever open */
    assert_false(vlapic_has_deliverable());
    if (by_cpu) {
        *page_at(TPR_AT) = 0x40; /* MOV to CR8 does not exit */
    } else {
        assert_int_equal(vlapic_set_cr8(4), VLAPIC_DONE);
    }
    assert_int_equal(get(MSR_IA32_X2APIC_TPR), 0x40);
    assert_int_equal(vlapic_cr8(), 4);
    assert_true(vlapic_has_deliverable());
    assert_int_equal(enter(), 0x5f);
    assert_int_equal(vlapic_set_cr8(0x10), VLAPIC_FAULT);
}

/* While the guest cannot take it, an exit at the first moment it can is asked for; then no longer. */
static void interrupt_window(void **test)
{
    const uint64_t blockings[] = {BLOCKING_BY_STI, BLOCKING_BY_MOV_SS};

    vmcs_write(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
    vcpu_request(own_slot(), 0x60);
    assert_int_equal(enter(), 0);
    assert_int_equal(window_is_asked_for(), !by_cpu);
    vmcs_write(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_IF);
    for (uint32_t n = 0; n < 2; n++) {
        vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, blockings[n]);
        assert_int_equal(enter(), 0);
        assert_int_equal(window_is_asked_for(), !by_cpu);
    }
    vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, 0);
    event_inject_exception(14);
    vlapic_prepare_entry();
    assert_true(fake_raises(14)); /* the exception goes first */
    assert_int_equal(window_is_asked_for(), !by_cpu);
    fake_clear_injected();
    assert_int_equal(enter(), 0x60);
    assert_false(window_is_asked_for());
}

/* Whatever got into the requests, the vCPU accepts only what may be asked for. */
static void wrong_requests_are_dropped(void **test)
{
    for (uint32_t vector = 0; vector < 256; vector++) {
        vcpu_request(own_slot(), vector);
    }
    assert_true(vlapic_has_deliverable());
    assert_int_equal(get(MSR_IA32_X2APIC_IRR0), 0);
    assert_int_equal(get(MSR_IA32_X2APIC_IRR0 + 1), 0xffffffff);
    assert_int_equal(get(MSR_IA32_X2APIC_IRR0 + 4), 0xfffffffe);
    assert_int_equal(get(MSR_IA32_X2APIC_IRR0 + 7), 0xffffffff);
    for (uint32_t n = 0; n < 4; n++) {
        assert_int_equal(vcpus[own_slot()].requests[n], 0);
    }
}

/* HLT with interrupts off must not sleep on a vector that came before. */
static void no_wake_up_is_lost(void **test)
{
    vmcs_write(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
    assert_false(vlapic_has_deliverable());
    vcpu_request(own_slot(), 0x33);
    assert_true(vlapic_has_deliverable());
    assert_true(vlapic_has_deliverable()); /* asking takes nothing away */
    set(MSR_IA32_X2APIC_LVT_TIMER, DEADLINE | 0xec);
    vmcs_write(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_IF);
    assert_int_equal(enter(), 0x33);
    set(MSR_IA32_X2APIC_EOI, 0);
    set(MSR_IA32_TSC_DEADLINE, fake.tsc + 10);
    assert_false(vlapic_has_deliverable());
    fake.tsc += 10;
    assert_true(vlapic_has_deliverable());
}

static void deadline_timer(void **test)
{
    set(MSR_IA32_TSC_DEADLINE, fake.tsc + 5); /* not in this mode: ignored */
    assert_int_equal(get(MSR_IA32_TSC_DEADLINE), 0);
    assert_int_equal(vlapic_next_deadline(), VLAPIC_NO_DEADLINE);
    set(MSR_IA32_X2APIC_LVT_TIMER, DEADLINE | 0xec);
    set(MSR_IA32_TSC_DEADLINE, fake.tsc + 5);
    assert_int_equal(vlapic_next_deadline(), fake.tsc + 5);
    fake.tsc += 4;
    assert_int_equal(enter(), 0);
    fake.tsc += 1;
    assert_int_equal(enter(), 0xec);
    assert_int_equal(get(MSR_IA32_TSC_DEADLINE), 0);
    assert_int_equal(vlapic_next_deadline(), VLAPIC_NO_DEADLINE);
    set(MSR_IA32_X2APIC_EOI, 0);
    set(MSR_IA32_TSC_DEADLINE, fake.tsc - 1); /* long ago: at once */
    assert_int_equal(enter(), 0xec);
    set(MSR_IA32_X2APIC_EOI, 0);
    set(MSR_IA32_TSC_DEADLINE, fake.tsc + 1);
    set(MSR_IA32_TSC_DEADLINE, 0); /* disarmed */
    fake.tsc += 2;
    assert_int_equal(enter(), 0);
    set(MSR_IA32_TSC_DEADLINE, fake.tsc + 1);
    set(MSR_IA32_X2APIC_LVT_TIMER, 0xec); /* the mode is left: disarmed */
    fake.tsc += 2;
    assert_int_equal(enter(), 0);
    set(MSR_IA32_X2APIC_LVT_TIMER, MASKED | DEADLINE | 0xec);
    set(MSR_IA32_TSC_DEADLINE, fake.tsc); /* masked: it passes in silence */
    assert_int_equal(enter(), 0);
    assert_int_equal(get(MSR_IA32_TSC_DEADLINE), 0);
}

static void counting_timer(void **test)
{
    set(MSR_IA32_X2APIC_DIV_CONF, 0xb); /* by 1 */
    set(MSR_IA32_X2APIC_LVT_TIMER, 0x40);
    set(MSR_IA32_X2APIC_INIT_COUNT, 100);
    fake.tsc += 30;
    assert_int_equal(get(MSR_IA32_X2APIC_CUR_COUNT), 70);
    assert_int_equal(enter(), 0);
    fake.tsc += 70;
    assert_int_equal(enter(), 0x40);
    assert_int_equal(get(MSR_IA32_X2APIC_CUR_COUNT), 0);
    set(MSR_IA32_X2APIC_EOI, 0);
    fake.tsc += 1000;
    assert_int_equal(enter(), 0); /* one shot */

    set(MSR_IA32_X2APIC_DIV_CONF, 0x3); /* by 16 */
    set(MSR_IA32_X2APIC_LVT_TIMER, PERIODIC | 0x41);
    set(MSR_IA32_X2APIC_INIT_COUNT, 10);
    fake.tsc += 160 * 3 + 5; /* three periods late is one interrupt */
    assert_int_equal(enter(), 0x41);
    set(MSR_IA32_X2APIC_EOI, 0);
    assert_int_equal(enter(), 0);
    assert_int_equal(vlapic_next_deadline(), fake.tsc + 155);
    set(MSR_IA32_X2APIC_INIT_COUNT, 0);
    assert_int_equal(vlapic_next_deadline(), VLAPIC_NO_DEADLINE);
}

static void software_disable_masks_the_timer(void **test)
{
    set(MSR_IA32_X2APIC_LVT_TIMER, DEADLINE | 0xec);
    set(MSR_IA32_X2APIC_SIVR, 0xff);
    assert_int_equal(get(MSR_IA32_X2APIC_LVT_TIMER), MASKED | DEADLINE | 0xec);
    set(MSR_IA32_X2APIC_LVT_TIMER, DEADLINE | 0xec);
    assert_int_equal(get(MSR_IA32_X2APIC_LVT_TIMER), MASKED | DEADLINE | 0xec);
}

static uint64_t requests_of(uint32_t index, uint32_t word)
{
    return vcpus[own_slot() + index].requests[word];
}

static void icr_reaches_own_vcpus_only(void **test)
{
    const uint32_t last = FAKE_VCPUS - 1;

    assert_int_equal(vlapic_write(MSR_IA32_X2APIC_ICR, 5ull << 32 | 0x90), VLAPIC_SENT);
    assert_int_equal(requests_of(5, 2), 1ull << 0x10);
    assert_int_equal(get(MSR_IA32_X2APIC_ICR), 5ull << 32 | 0x90);
    assert_int_equal(vlapic_write(MSR_IA32_X2APIC_ICR, (uint64_t)FAKE_VCPUS << 32 | 0x90), VLAPIC_DONE);
    assert_int_equal(vlapic_write(MSR_IA32_X2APIC_ICR, 3u << 18 | 0xf0), VLAPIC_SENT); /* all but self */
    assert_int_equal(requests_of(0, 3), 0);
    assert_int_equal(requests_of(1, 3), 1ull << 0x30);
    assert_int_equal(requests_of(last, 3), 1ull << 0x30);
    assert_int_equal(requests_of(last + 1, 3), 0);
    assert_int_equal(vcpus[own_slot() - 1].requests[3], 0);
    assert_int_equal(vlapic_write(MSR_IA32_X2APIC_ICR, 2u << 18 | 0x21), VLAPIC_SENT); /* all */
    assert_int_equal(enter(), 0x21);
    assert_int_equal(requests_of(last, 0), 1ull << 0x21);
    assert_int_equal(vlapic_write(MSR_IA32_X2APIC_ICR, 0xffffffffull << 32 | 0x22), VLAPIC_SENT);
    assert_int_equal(requests_of(last, 0), 3ull << 0x21);
    /* logical: cluster 1, members 1 and 2 are indices 17 and 18 */
    assert_int_equal(vlapic_write(MSR_IA32_X2APIC_ICR, 0x00010006ull << 32 | 1u << 11 | 0x41), VLAPIC_SENT);
    assert_int_equal(requests_of(16, 1), 0);
    assert_int_equal(requests_of(17, 1), 2);
    assert_int_equal(requests_of(18, 1), 2);
    assert_int_equal(requests_of(19, 1), 0);
}

static void icr_kicks_those_that_run_and_names_those_that_do_not(void **test)
{
    fake.running = 1u << 5 | 1u << 7;
    assert_int_equal(vlapic_write(MSR_IA32_X2APIC_ICR, 5ull << 32 | 0x90), VLAPIC_DONE);
    assert_int_equal(fake.kicked, 1u << 5);
    assert_int_equal(requests_of(5, 2), 1ull << 0x10);
    assert_int_equal(vlapic_write(MSR_IA32_X2APIC_ICR, 6ull << 32 | 0x90), VLAPIC_SENT);
    assert_int_equal(percpu_this()->wake_mask, 1u << 6);
    assert_int_equal(vlapic_write(MSR_IA32_X2APIC_ICR, 3u << 18 | 0xf0), VLAPIC_SENT); /* all but self */
    assert_int_equal(percpu_this()->wake_mask, ((1u << FAKE_VCPUS) - 1) & ~(1u | 1u << 5 | 1u << 7));
    assert_int_equal(fake.kicked, ((1u << FAKE_VCPUS) - 1) & ~1u);
}

static void icr_of_other_kinds(void **test)
{
    for (uint32_t delivery = 1; delivery < 8; delivery++) { /* NMI, SMI, INIT, SIPI ...: nothing */
        assert_int_equal(vlapic_write(MSR_IA32_X2APIC_ICR, 3u << 18 | delivery << 8 | 0x90), VLAPIC_DONE);
    }
    for (uint32_t n = 0; n < FAKE_VCPUS; n++) {
        assert_int_equal(requests_of(n, 2), 0);
    }
    assert_int_equal(vlapic_write(MSR_IA32_X2APIC_ICR, 1u << 18 | 0x0f), VLAPIC_DONE); /* illegal vector */
    assert_int_equal(get(MSR_IA32_X2APIC_ESR), 0);
    set(MSR_IA32_X2APIC_ESR, 0);
    assert_int_equal(get(MSR_IA32_X2APIC_ESR), 1u << 5);
    set(MSR_IA32_X2APIC_ESR, 0);
    assert_int_equal(get(MSR_IA32_X2APIC_ESR), 0);
    assert_int_equal(enter(), 0);
    set(MSR_IA32_X2APIC_SELF_IPI, 0x7f);
    assert_int_equal(enter(), 0x7f);
    set(MSR_IA32_X2APIC_EOI, 0);
    set(MSR_IA32_X2APIC_SELF_IPI, 0x0f);
    assert_int_equal(enter(), 0);
    set(MSR_IA32_X2APIC_ESR, 0);
    assert_int_equal(get(MSR_IA32_X2APIC_ESR), 1u << 5);
}

/* An APIC-write exit for anything else is none that the core knows. */
static void other_apic_writes_stop_the_guest(void **test)
{
    for (uint32_t offset = 0; offset < 0x1000; offset += 0x10) {
        if (offset != SELF_IPI_AT) {
            vmcs_write(VMCS_EXIT_QUALIFICATION, offset);
            assert_int_equal(exit_apic_write(), NEXT_MANAGER);
            assert_int_equal(fake.returned, FAKE_KILLED);
        }
    }
    *page_at(SELF_IPI_AT) = 0x100;
    vmcs_write(VMCS_EXIT_QUALIFICATION, SELF_IPI_AT);
    assert_int_equal(exit_apic_write(), NEXT_MANAGER);
}

/* RVI is the highest of IRR whatever comes in whichever order, and SVI the CPU's alone. */
static void status_follows_the_page(void **test)
{
    set_status(0, 0x35);
    change_at(ISR_AT, 0x35, true);
    vcpu_request(own_slot(), 0x61);
    assert_int_equal(enter(), 0x61);
    vcpu_request(own_slot(), 0x44);
    assert_int_equal(enter(), 0);
    assert_int_equal(rvi(), 0x44);
    vcpu_request(own_slot(), 0x32); /* lower */
    assert_int_equal(enter(), 0);
    assert_int_equal(rvi(), 0x44);
    assert_int_equal(svi(), 0x61);
    assert_false(vlapic_has_deliverable());
    set(MSR_IA32_X2APIC_EOI, 0);
    assert_int_equal(svi(), 0x35);
    assert_true(vlapic_has_deliverable());
    assert_int_equal(enter(), 0x44);
    assert_int_equal(rvi(), 0x32);
}

static void reserved_bits_fault(void **test)
{
    static const struct {
        uint32_t msr;
        uint64_t value;
    } wrong[] = {
        {MSR_IA32_X2APIC_TPR, 0x100},
        {MSR_IA32_X2APIC_EOI, 1},
        {MSR_IA32_X2APIC_SIVR, 0x200},
        {MSR_IA32_X2APIC_ESR, 1},
        {MSR_IA32_X2APIC_ICR, 1u << 12},
        {MSR_IA32_X2APIC_ICR, 1u << 20},
        {MSR_IA32_X2APIC_LVT_TIMER, PERIODIC | DEADLINE | 0xec},
        {MSR_IA32_X2APIC_LVT_TIMER, 1u << 8},
        {MSR_IA32_X2APIC_LVT_TIMER, 1ull << 32},
        {MSR_IA32_X2APIC_LVT_LINT0, 1u << 17},
        {MSR_IA32_X2APIC_INIT_COUNT, 1ull << 32},
        {MSR_IA32_X2APIC_DIV_CONF, 4},
        {MSR_IA32_X2APIC_SELF_IPI, 0x100},
        {MSR_IA32_X2APIC_APICID, 0},
        {MSR_IA32_X2APIC_VERSION, 0},
        {MSR_IA32_X2APIC_PPR, 0},
        {MSR_IA32_X2APIC_LDR, 0},
        {MSR_IA32_X2APIC_ISR0, 0},
        {MSR_IA32_X2APIC_IRR0 + 7, 0},
        {MSR_IA32_X2APIC_LVT_CMCI, 0},
        {MSR_IA32_X2APIC_CUR_COUNT, 0},
    };
    struct vcpu_state before = *vcpu_state();

    for (uint32_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
        assert_int_equal(vlapic_write(wrong[n].msr, wrong[n].value), VLAPIC_FAULT);
    }
    assert_memory_equal(&before, vcpu_state(), sizeof(before));
}

/* Every number of the window 0x800-0x8ff: an answer of this APIC, or a fault; all of it within its state. */
static void whole_window(void **test)
{
    for (uint32_t msr = 0x800; msr <= 0x8ff; msr++) {
        uint64_t value = 0;
        const enum vlapic_result read = vlapic_read(msr, &value);

        assert_true(read == VLAPIC_DONE || value == 0);
        if (msr == MSR_IA32_X2APIC_EOI || msr == MSR_IA32_X2APIC_SELF_IPI || msr < 0x802 || msr > 0x83f) {
            assert_int_equal(read, VLAPIC_FAULT);
        }
        for (uint32_t bit = 0; bit < 64; bit++) {
            vlapic_write(msr, 1ull << bit);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(registers_after_reset, setup),
        cmocka_unit_test_setup(priority_and_eoi, setup),
        cmocka_unit_test_setup(task_priority_holds_back, setup),
        cmocka_unit_test_setup(interrupt_window, setup),
        cmocka_unit_test_setup(wrong_requests_are_dropped, setup),
        cmocka_unit_test_setup(no_wake_up_is_lost, setup),
        cmocka_unit_test_setup(deadline_timer, setup),
        cmocka_unit_test_setup(counting_timer, setup),
        cmocka_unit_test_setup(software_disable_masks_the_timer, setup),
        cmocka_unit_test_setup(icr_reaches_own_vcpus_only, setup),
        cmocka_unit_test_setup(icr_kicks_those_that_run_and_names_those_that_do_not, setup),
        cmocka_unit_test_setup(icr_of_other_kinds, setup),
        cmocka_unit_test_setup(reserved_bits_fault, setup),
        cmocka_unit_test_setup(whole_window, setup),
        cmocka_unit_test_setup(registers_after_reset, setup_by_cpu),
        cmocka_unit_test_setup(priority_and_eoi, setup_by_cpu),
        cmocka_unit_test_setup(task_priority_holds_back, setup_by_cpu),
        cmocka_unit_test_setup(interrupt_window, setup_by_cpu),
        cmocka_unit_test_setup(wrong_requests_are_dropped, setup_by_cpu),
        cmocka_unit_test_setup(no_wake_up_is_lost, setup_by_cpu),
        cmocka_unit_test_setup(deadline_timer, setup_by_cpu),
        cmocka_unit_test_setup(counting_timer, setup_by_cpu),
        cmocka_unit_test_setup(software_disable_masks_the_timer, setup_by_cpu),
        cmocka_unit_test_setup(icr_reaches_own_vcpus_only, setup_by_cpu),
        cmocka_unit_test_setup(icr_kicks_those_that_run_and_names_those_that_do_not, setup_by_cpu),
        cmocka_unit_test_setup(icr_of_other_kinds, setup_by_cpu),
        cmocka_unit_test_setup(reserved_bits_fault, setup_by_cpu),
        cmocka_unit_test_setup(whole_window, setup_by_cpu),
        cmocka_unit_test_setup(other_apic_writes_stop_the_guest, setup_by_cpu),
        cmocka_unit_test_setup(status_follows_the_page, setup_by_cpu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
