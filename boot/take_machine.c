/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/take_machine.h"

#include <stddef.h>

#include "arch/x86_64/console.h"
#include "arch/x86_64/cpu_bugs.h"
#include "arch/x86_64/dma.h"
#include "arch/x86_64/hpet.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/ioapic.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/mce.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/pci.h"
#include "arch/x86_64/pci_acs.h"
#include "arch/x86_64/pci_function.h"
#include "arch/x86_64/pic.h"
#include "arch/x86_64/pit.h"
#include "arch/x86_64/power.h"
#include "arch/x86_64/smp.h"
#include "arch/x86_64/tsc.h"
#include "iommu/vtd.h"
#include "iommu/vtd_fault.h"
#include "iommu/vtd_function.h"
#include "isolation/device.h"
#include "isolation/device_group.h"
#include "isolation/device_irq.h"
#include "isolation/device_page.h"
#include "lib/format.h"

enum cpuid_topology {
    CPUID_MAX_LEAF = 0,
    CPUID_TOPOLOGY = 0xb,
    CPUID_LEVEL_TYPE_SHIFT = 8,
    CPUID_LEVEL_TYPE_MASK = 0xff,
    CPUID_LEVEL_THREADS = 1,
    CPUID_LEVEL_SHIFT_MASK = 0x1f,
};
enum { IOAPIC_BLOCK_BYTES = 0x20, DECIMAL_BYTES = 24, LOW_FRAMES = 0xa0 };

static void take_pci(const struct acpi_machine *acpi)
{
    pci_silence(0, 0, 0, PCI_BUSES - 1);
    for (uint32_t i = 0; i < acpi->segment_count; i++) {
        const struct acpi_segment *segment = &acpi->segments[i];
        if (segment->segment != 0) {
            pci_silence(segment->segment, segment->ecam, segment->first_bus, segment->last_bus);
        }
    }
}

/* Bus mastering is off already.  Translation is on before the manager runs, with every device blocked.  Do all units know
 * leaves of 2 MiB? */
static bool take_devices(const struct acpi_machine *acpi)
{
    const struct vtd_found found = vtd_start(&acpi->dmar);
    const uint32_t without = vtd_function_init(&acpi->dmar);

    pci_function_init();
    for (uint32_t i = 0; i < acpi->segment_count; i++) {
        if (acpi->segments[i].segment == 0) {
            pci_acs_start(acpi->segments[i].ecam, acpi->segments[i].first_bus, acpi->segments[i].last_bus);
        }
    }
    device_group_init();
    device_irq_init();
    device_page_init();
    device_init();
    if (found.driven > 0) {
        console_line_decimal("VT-d: ", found.driven, " units, all devices blocked");
        console_line_decimal("bus mastering off, PCI functions: ", pci_machine.silenced, "");
    } else {
        console_line_decimal(
            "bus mastering off (no VT-d unit can be driven), PCI functions: ", pci_machine.silenced, "");
    }
    if (pci_machine.stuck > 0) {
        console_line_decimal("of these hardwired on: ", pci_machine.stuck, "");
    }
    if (found.not_driven > 0) {
        console_line_decimal("VT-d units that lack what the core needs: ", found.not_driven, "");
    }
    if (found.without_interrupts > 0) {
        console_line_decimal("VT-d units without interrupt remapping: ", found.without_interrupts, "");
    }
    if (found.driven > 0 && without > 0) {
        console_line_decimal("PCI functions that no VT-d unit holds: ", without, "");
    }
    if (found.taken_over > 0) {
        console_line_decimal("VT-d units that the firmware had on, taken over: ", found.taken_over, "");
    }
    return found.without_large == 0;
}

static void take_interrupts(const struct acpi_machine *acpi)
{
    uint32_t entries = 0;

    pic_silence();
    pic_silence_nmi();
    for (uint32_t i = 0; i < acpi->ioapic_count; i++) {
        entries += ioapic_silence(paging_map_device(acpi->ioapics[i].address, IOAPIC_BLOCK_BYTES));
    }
    if (!lapic_enable()) {
        refuse("This CPU has no x2APIC, or the firmware hides it. Look for x2APIC in its setup.");
    }
    console_line_decimal("interrupt inputs masked: ", entries, "");
}

/* The timers are needed once, to find out how fast the TSC runs. */
static void take_timers(const struct acpi_machine *acpi)
{
    void *first = NULL;

    for (uint32_t i = 0; i < acpi->hpet_count; i++) {
        void *block = paging_map_device(acpi->hpets[i], HPET_BLOCK_BYTES);
        hpet_silence(block);
        first = i == 0 ? block : first;
    }
    if (!tsc_measure(first)) {
        refuse("The frequency of the time-stamp counter can be found out neither from CPUID nor by a timer.");
    }
    if (first != NULL) {
        hpet_silence(first);
    }
    pit_silence();
    console_line_decimal("time-stamp counter: ", tsc_khz(), " kHz");
}

static struct power_register register_of(const struct acpi_register *at)
{
    return (struct power_register){.address = at->address, .space = at->space};
}

static void take_power(const struct acpi_power *acpi)
{
    const struct power_facts facts = {
        .pm1a_control = register_of(&acpi->pm1a_control),
        .pm1b_control = register_of(&acpi->pm1b_control),
        .sleep_control = register_of(&acpi->sleep_control),
        .reset = acpi->has_reset ? register_of(&acpi->reset) : (struct power_register){0},
        .reset_value = acpi->reset_value,
        .has_off = acpi->has_s5,
        .reduced = acpi->hardware_reduced,
        .off_type_a = acpi->s5_type_a,
        .off_type_b = acpi->s5_type_b,
        .facs = {acpi->facs[0], acpi->facs[1]},
    };

    power_init(&facts);
}

_Noreturn static void refuse_cpu(const char *why, uint32_t apic_id)
{
    char text[DECIMAL_BYTES];
    struct format format;

    format_start(&format, text, sizeof(text));
    format_decimal(&format, apic_id);
    refuse_named(why, text);
}

static uint32_t count_of(const struct acpi_machine *acpi, uint32_t apic_id)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < acpi->cpu_count; i++) {
        count += acpi->cpus[i].enabled && acpi->cpus[i].apic_id == apic_id;
    }
    return count;
}

/* Bits of an x2APIC id that tell the threads of one core apart.
 * Source: Intel SDM Vol. 2A, "CPUID", leaf 0BH, "Extended Topology Enumeration Leaf". */
static uint32_t thread_bits(bool siblings)
{
    struct cpuid_result level;

    if (siblings || insn_cpuid(CPUID_MAX_LEAF, 0).eax < CPUID_TOPOLOGY) {
        return 0;
    }
    level = insn_cpuid(CPUID_TOPOLOGY, 0);
    return (level.ecx >> CPUID_LEVEL_TYPE_SHIFT & CPUID_LEVEL_TYPE_MASK) == CPUID_LEVEL_THREADS
               ? level.eax & CPUID_LEVEL_SHIFT_MASK
               : 0;
}

/* Is CPU number `i` of the tables another thread of a core whose first one is listed before it? */
static bool is_sibling(const struct acpi_machine *acpi, uint32_t i, uint32_t bits)
{
    for (uint32_t j = 0; j < i; j++) {
        if (acpi->cpus[j].enabled && acpi->cpus[j].apic_id >> bits == acpi->cpus[i].apic_id >> bits) {
            return true;
        }
    }
    return false;
}

uint32_t take_machine_cores(const struct acpi_machine *acpi, bool siblings)
{
    const uint32_t bits = thread_bits(siblings);
    uint32_t cores = 0;

    for (uint32_t i = 0; i < acpi->cpu_count; i++) {
        cores += acpi->cpus[i].enabled && !is_sibling(acpi, i, bits);
    }
    return cores;
}

/* Those that run partitions first, then their siblings.  CPUs that are not enabled are not there: they have no code to run
 * until someone brings them online. */
static void take_cpus(const struct acpi_machine *acpi, hfn_t low_frame, hfn_t vmxon_regions, uint32_t bits,
                      bool siblings)
{
    const uint32_t boot_id = lapic_id();

    if (count_of(acpi, boot_id) != 1) {
        refuse_cpu("The ACPI tables do not list the boot CPU exactly once: APIC id ", boot_id);
    }
    for (uint32_t i = 0; i < acpi->cpu_count; i++) {
        const uint32_t apic_id = acpi->cpus[i].apic_id;
        /* The boot CPU is its core's first thread, wherever it is listed. */
        const bool sibling = is_sibling(acpi, i, bits) || apic_id >> bits == boot_id >> bits;
        if (!acpi->cpus[i].enabled || apic_id == boot_id || sibling != siblings) {
            continue;
        }
        if (count_of(acpi, apic_id) != 1) {
            refuse_cpu("The ACPI tables list a CPU twice: APIC id ", apic_id);
        }
        if (low_frame == 0 || low_frame >= LOW_FRAMES) {
            refuse("There is no free page below 640 KiB to start the other CPUs from.");
        }
        if (!smp_start_cpu(apic_id, (uint8_t)low_frame, vmxon_regions + smp_cpus())) {
            refuse_cpu("A CPU did not start: APIC id ", apic_id);
        }
    }
}

bool take_machine(const struct acpi_machine *acpi, hfn_t low_frame, hfn_t vmxon_regions, bool siblings)
{
    const uint32_t bits = thread_bits(siblings);
    bool units_know_large;

    take_pci(acpi);
    dma_silence();
    take_interrupts(acpi);
    take_timers(acpi);
    units_know_large = take_devices(acpi);
    take_power(&acpi->power);
    mce_init();
    cpu_bugs_init();
    smp_init(lapic_id());
    take_cpus(acpi, low_frame, vmxon_regions, bits, false);
    take_cpus(acpi, low_frame, vmxon_regions, bits, true);
    const uint32_t blocked = vtd_fault_poll();
    if (blocked > 0) {
        console_line_decimal("VT-d: requests of devices blocked and recorded meanwhile: ", blocked, "");
    }
    console_line_decimal("CPUs taken: ", smp_cpus(), "; parked until the manager asks for them");
    if (smp_cpus() > take_machine_cores(acpi, siblings)) {
        console_line_decimal("of these parked for good as second threads of a core (smt=on would use them): ",
                             smp_cpus() - take_machine_cores(acpi, siblings), "");
    }
    return units_know_large;
}
