/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core up to the moment it would start the manager, for machines without VMX and x2APIC (QEMU 7 without KVM): another
 * model of the hardware than Bochs'.  This file stands in for VMX and for the local APIC; all else is the
 * core's own.  In place of the manager it looks at what was taken, then ends the machine as TEST_END says.
 * TEST_END_DEVICES: tests/iommu/devices.c goes on.
 * TEST_END_LOST: the start-up interrupts to one CPU get lost on the way.
 * TEST_END_STRANGER: the CPU that comes in its place has another APIC id.
 */
#include "arch/x86_64/console.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/paging_entry.h"
#include "arch/x86_64/pci.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/power.h"
#include "arch/x86_64/shootdown.h"
#include "arch/x86_64/smp.h"
#include "arch/x86_64/trap.h"
#include "arch/x86_64/tsc.h"
#include "arch/x86_64/vmxon.h"
#include "tests/iommu/devices.h"
#include "vmx/capability.h"
#include "vmx/manager_start.h"

enum test_end {
    TEST_END_OFF = 0,
    TEST_END_RESET = 1,
    TEST_END_LOST = 2,
    TEST_END_DEVICES = 3,
    TEST_END_STRANGER = 4
};

#define LOST_APIC_ID  2u
#define Q35_ECAM      0xb0000000u
#define XAPIC_ADDRESS 0xfee00000u
#define PTE_USER      4u

enum xapic {
    XAPIC_ID = 0x20,
    XAPIC_SIVR = 0xf0,
    XAPIC_ICR_LOW = 0x300,
    XAPIC_ICR_HIGH = 0x310,
    XAPIC_ON = 0x1ff
};

struct capability capability;
static void *xapic;
#define NMI_WAITS 2000u
static uint32_t nmis;

void vmxon_check(void)
{
}

void vmxon_this_cpu(hfn_t region)
{
}

/* Devices walk the EPT's tables: with large leaves, as on most machines. */
void capability_negotiate(bool apic_virtualization)
{
    capability.has_ept_large = true;
}

bool lapic_enable(void)
{
    if (xapic == NULL) {
        xapic = paging_map_device(XAPIC_ADDRESS, FRAME_SIZE);
    }
    mmio_write32(xapic, XAPIC_SIVR, XAPIC_ON);
    return true;
}

uint32_t lapic_id(void)
{
    const uint32_t id = mmio_read32(xapic, XAPIC_ID) >> 24;

    return TEST_END == TEST_END_STRANGER && id == LOST_APIC_ID ? id + 100 : id;
}

static void send(uint32_t apic_id, uint32_t command)
{
    mmio_write32(xapic, XAPIC_ICR_HIGH, apic_id << 24);
    mmio_write32(xapic, XAPIC_ICR_LOW, command);
}

void lapic_send_nmi(uint32_t apic_id)
{
    send(apic_id, 0x4400);
}

void lapic_send_init(uint32_t apic_id)
{
    send(apic_id, 0x4500);
}

void lapic_send_sipi(uint32_t apic_id, uint8_t page)
{
    if (TEST_END != TEST_END_LOST || apic_id != LOST_APIC_ID) {
        send(apic_id, 0x4600u | page);
    }
}

/* Nothing runs in VMX non-root operation: no CPU holds a translation of an EPT. */
uint32_t shootdown_this_cpu(void)
{
    return percpu_this()->cpu;
}

void shootdown_nmi(uint32_t cpu)
{
    lapic_send_nmi(percpus[cpu].apic_id);
}

void shootdown_invept(uint64_t eptp)
{
}

void shootdown_invept_all(void)
{
}

void trap_nmi(void)
{
    __atomic_add_fetch(&nmis, 1, __ATOMIC_SEQ_CST);
}

/* Functions that could still write to memory. */
static uint32_t bus_masters(void)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < pci_machine.count; i++) {
        const struct pci_function *function = &pci_machine.functions[i];
        const struct pci_place place = {.segment = function->segment,
                                        .bus = function->bus,
                                        .device = function->device,
                                        .function = function->function};
        count += (pci_config_read(&place, 4) & 4) != 0;
    }
    return count;
}

/* The same functions through the ECAM that q35 has, as if they were of another segment group. */
static uint32_t found_by_ecam(void)
{
    const uint32_t ports = pci_machine.count;
    uint32_t same = 0;

    pci_silence(1, Q35_ECAM, 0, PCI_BUSES - 1);
    for (uint32_t i = 0; i < ports && pci_machine.count == 2 * ports; i++) {
        const struct pci_function *one = &pci_machine.functions[i];
        const struct pci_function *other = &pci_machine.functions[ports + i];
        same += one->bus == other->bus && one->device == other->device &&
                one->vendor_id == other->vendor_id && one->device_id == other->device_id;
    }
    return same;
}

/* Leaves of the core's own tables that must not be: writable and executable, for user mode, or outside of its layout. */
static uint32_t wrong_leaves(uint64_t table, uint64_t virtual, uint32_t shift)
{
    const uint64_t moved = paging_physical_of_image(&nmis) - (uint64_t)&nmis;
    const uint64_t *entry = (const uint64_t *)((table & PTE_ADDRESS_MASK) - moved);
    uint32_t wrong = 0;

    for (uint64_t i = 0; i < PAGING_ENTRIES; i++) {
        const uint64_t at = virtual + (i << shift);

        if ((entry[i] & PTE_PRESENT) == 0) {
            continue;
        }
        if (shift > PAGING_SHIFT_PT && (entry[i] & PTE_LARGE) == 0) {
            wrong += wrong_leaves(entry[i], at, shift - 9);
            continue;
        }
        wrong += (entry[i] & PTE_WRITE) != 0 && (entry[i] & PTE_NO_EXECUTE) == 0;
        wrong += (entry[i] & PTE_USER) != 0;
        wrong += at < LAYOUT_IMAGE || (at >= LAYOUT_IMAGE + LAYOUT_IMAGE_MAX && at < LAYOUT_FRAMES);
    }
    return wrong;
}

_Noreturn void smp_given(void)
{
    smp_halt();
}

_Noreturn void manager_start(uint64_t entry, uint64_t boot_info)
{
    if (TEST_END == TEST_END_DEVICES) {
        test_devices();
    }
    console_line_decimal("test: bus masters: ", bus_masters(), "");
    console_line_decimal(
        "test: wrong leaves of the core's tables: ", wrong_leaves(paging_root(), 0, PAGING_SHIFT_PML4), "");
    console_line_decimal("test: functions found by ECAM: ", found_by_ecam(), "");
    for (uint32_t cpu = 1; cpu < smp_cpus(); cpu++) {
        lapic_send_nmi(percpus[cpu].apic_id);
        /* QEMU's CPUs are threads of a busy host: wait as long as it takes, up to NMI_WAITS. */
        for (uint32_t waits = 0; waits < NMI_WAITS && __atomic_load_n(&nmis, __ATOMIC_SEQ_CST) < cpu;
             waits++) {
            tsc_wait_microseconds(10000);
        }
    }
    console_line_decimal("test: parked CPUs that took an NMI: ", nmis, "");
    console_line("test: end");
    if (TEST_END == TEST_END_OFF) {
        power_off();
    }
    power_reset();
}
