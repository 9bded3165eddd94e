/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>

#include "abi/audit.h"
#include "arch/x86_64/console.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/msr_safe.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/smp.h"
#include "arch/x86_64/tsc.h"
#include "arch/x86_64/vmxon.h"
#include "arch/x86_64/window.h"
#include "boot/acpi.h"
#include "boot/boot_info.h"
#include "boot/boot_memory.h"
#include "boot/command_line.h"
#include "boot/image.h"
#include "boot/manager_module.h"
#include "boot/memory_map.h"
#include "boot/module_move.h"
#include "boot/multiboot2.h"
#include "boot/region.h"
#include "boot/take_machine.h"
#include "ept/ept_window.h"
#include "iommu/vtd_domain.h"
#include "isolation/audit.h"
#include "isolation/device_page.h"
#include "isolation/frame_grant.h"
#include "isolation/isolation.h"
#include "isolation/partition_types.h"
#include "vmx/capability.h"
#include "vmx/cpuid_policy.h"
#include "vmx/manager_start.h"
#include "vmx/msr_policy.h"
#include "vmx/port_policy.h"
#include "vmx/vcpu_frames.h"

/* From the boot loader to the manager's first instruction, in order.  Runs once. */

#define GUEST_PHYSICAL_BITS_MAX            48u
#define CPUID_ADDRESS_WIDTHS               0x80000008u
#define CPUID_ADDRESS_WIDTHS_PHYSICAL_MASK 0xffu
#define CPUID_STRUCTURED                   7u
#define CPUID_STRUCTURED_ECX_TME           (1u << 13)
#define TME_ACTIVATE_KEY_BITS_SHIFT        32u
#define TME_ACTIVATE_KEY_BITS_MASK         0xfu
#define ECAM_BYTES_PER_BUS                 0x100000ull
#define FRAMES_PER_MIB                     256u
/* Interrupt controllers, timers, TPM, TXT, flash of every PC. */
#define CHIPSET_REGISTERS 0xfec00000ull
#define CHIPSET_BYTES     0x1400000ull

static struct boot_parameters parameters;
static struct acpi_machine machine;
static struct memory_map map;
static struct region_plan plan;
static uint64_t manager_entry;
static struct boot_range manager_image; /* its frames, all within one range of the map */
static hfn_t boot_info_frame;
static bool large_leaves_allowed; /* of 2 MiB, in the manager's tables: whatever walks these knows them */
static uint64_t screen_bytes;     /* 0: nothing is said on the screen */
static void *screen_at;           /* the screen in the core's own address space */

const void *boot_memory(uint64_t address, uint64_t bytes)
{
    if (bytes == 0 || address >= LAYOUT_BOOT_BYTES || bytes > LAYOUT_BOOT_BYTES - address) {
        return NULL;
    }
    return (const void *)(LAYOUT_BOOT + address);
}

static uint32_t physical_bits(void)
{
    return insn_cpuid(CPUID_ADDRESS_WIDTHS, 0).eax & CPUID_ADDRESS_WIDTHS_PHYSICAL_MASK;
}

/* Address bits that name memory: with total memory encryption the uppermost name a key. */
static uint32_t memory_bits(void)
{
    uint64_t activate = 0;

    if ((insn_cpuid(CPUID_STRUCTURED, 0).ecx & CPUID_STRUCTURED_ECX_TME) == 0 ||
        !msr_safe_read(MSR_IA32_TME_ACTIVATE, &activate)) {
        return physical_bits();
    }
    return physical_bits() - (uint32_t)(activate >> TME_ACTIVATE_KEY_BITS_SHIFT & TME_ACTIVATE_KEY_BITS_MASK);
}

static gfn_t shared_bit(void)
{
    uint32_t bits = physical_bits();

    if (bits > GUEST_PHYSICAL_BITS_MAX) {
        bits = GUEST_PHYSICAL_BITS_MAX;
    }
    return frame_of_address(1ull << (bits - 1));
}

static void read_boot_information(uint64_t address)
{
    enum multiboot2_error error =
        multiboot2_parse(boot_memory(address, 1), LAYOUT_BOOT_BYTES - address, &parameters);

    if (error != MULTIBOOT2_OK) {
        refuse(multiboot2_error_text(error));
    }
    if (parameters.has_framebuffer && !console_has_serial()) {
        uint64_t bytes = framebuffer_bytes(&parameters.framebuffer);
        const void *at = boot_memory(parameters.framebuffer.address, bytes);

        if (bytes != 0 && at != NULL) {
            screen_bytes = bytes;
            console_set_screen(&parameters.framebuffer, (volatile uint8_t *)at);
        }
    }
}

static void read_firmware_tables(void)
{
    enum acpi_error error = acpi_read(parameters.rsdp_new, parameters.rsdp_old, &machine);

    if (error != ACPI_OK) {
        refuse_named(acpi_error_text(error), machine.bad_table);
    }
    console_line_decimal("ACPI tables found, CPUs: ", machine.cpu_count, "");
}

/* Memory that devices of the firmware use, and registers: whatever the boot loader's map says, not RAM to us. */
static void exclude_devices(void)
{
    memory_map_exclude(&map, parameters.framebuffer.address, screen_bytes);
    memory_map_exclude(&map, machine.lapic_address, FRAME_SIZE);
    for (uint32_t i = 0; i < machine.reserved_count; i++) {
        memory_map_exclude(&map, machine.reserved[i].address, machine.reserved[i].bytes);
    }
    for (uint32_t i = 0; i < machine.ioapic_count; i++) {
        memory_map_exclude(&map, machine.ioapics[i].address, FRAME_SIZE);
    }
    for (uint32_t i = 0; i < machine.hpet_count; i++) {
        memory_map_exclude(&map, machine.hpets[i], FRAME_SIZE);
    }
    for (uint32_t i = 0; i < machine.dmar.unit_count; i++) {
        memory_map_exclude(&map, machine.dmar.units[i].registers, FRAME_SIZE);
    }
    for (uint32_t i = 0; i < machine.segment_count; i++) {
        memory_map_exclude(&map, machine.segments[i].ecam,
                           (machine.segments[i].last_bus + 1u) * ECAM_BYTES_PER_BUS);
    }
}

/* Neither RAM nor what the core drives is ever a page of a device: before the core takes its own part of RAM. */
static void forbid_device_pages(void)
{
    for (uint32_t i = 0; i < map.range_count; i++) {
        device_page_forbid(map.ranges[i].first, map.ranges[i].count);
    }
    device_page_forbid(0, FRAMES_PER_MIB);
    device_page_forbid(frame_of_address(CHIPSET_REGISTERS), CHIPSET_BYTES / FRAME_SIZE);
    device_page_forbid(frame_of_address(machine.lapic_address), 1);
    for (uint32_t i = 0; i < machine.reserved_count; i++) {
        device_page_forbid(frame_of_address(machine.reserved[i].address),
                           machine.reserved[i].bytes / FRAME_SIZE + 1u);
    }
    for (uint32_t i = 0; i < machine.ioapic_count; i++) {
        device_page_forbid(frame_of_address(machine.ioapics[i].address), 1);
    }
    for (uint32_t i = 0; i < machine.hpet_count; i++) {
        device_page_forbid(frame_of_address(machine.hpets[i]), 1);
    }
    for (uint32_t i = 0; i < machine.dmar.unit_count; i++) {
        device_page_forbid(frame_of_address(machine.dmar.units[i].registers), 1);
    }
    for (uint32_t i = 0; i < machine.segment_count; i++) {
        device_page_forbid(frame_of_address(machine.segments[i].ecam),
                           (machine.segments[i].last_bus + 1u) * ECAM_BYTES_PER_BUS / FRAME_SIZE);
    }
}

static void settle_modules(void)
{
    for (uint32_t i = 0; i < parameters.module_count; i++) {
        struct boot_module *module = &parameters.modules[i];

        if (!memory_map_holds(&map, module->address, module->size) && !module_move_up(module, &map)) {
            refuse_named("The boot loader put a module where no RAM is: ", module->name);
        }
    }
}

static void take_memory(uint64_t boot_information, uint64_t image)
{
    uint64_t ram;

    memory_map_sanitise(&map, &parameters, memory_bits());
    forbid_device_pages();
    exclude_devices();
    memory_map_exclude(&map, image, (uint64_t)(image_end - image_start));
    memory_map_keep(&map, boot_information, FRAME_SIZE);
    memory_map_shorten(&map, BOOT_RANGES_MAX - 2);
    settle_modules();
    ram = memory_map_frames(&map);
    console_line_decimal("memory map found, RAM: ", ram / FRAMES_PER_MIB, " MiB");
    plan.frame_limit = memory_map_end(&map);
    plan.table_limit = (uint32_t)isolation_tables_wanted(plan.frame_limit, ram);
    plan.cpus = machine.cpu_count;
    region_take(&map, &plan);
    if (!memory_map_take_region(&map, 1, 1, LAYOUT_BOOT_BYTES / FRAME_SIZE, &boot_info_frame)) {
        refuse("This machine has no memory left for the manager.");
    }
}

static void make_address_space(uint64_t image)
{
    paging_init(image);
    region_map_arrays(&plan);
    for (uint32_t cpu = 0; cpu < plan.cpus; cpu++) {
        region_map_stacks(cpu);
    }
    if (screen_bytes != 0) {
        screen_at = paging_map_device(parameters.framebuffer.address, screen_bytes);
    }
}

/* What the command line's `key`=on or =off chooses, or `otherwise`. */
static bool choice(const char *key, bool otherwise, const char *complaint)
{
    const char *line = parameters.command_line;
    const uint32_t bound = sizeof(parameters.command_line);
    struct command_line_word value;

    if (command_line_says(line, bound, key, "on")) {
        return true;
    }
    if (command_line_says(line, bound, key, "off")) {
        return false;
    }
    if (command_line_find(line, bound, key, &value)) {
        console_line(complaint);
    }
    return otherwise;
}

/* Two threads of a core see much of each other: by default only one of them runs partitions. */
static bool with_siblings(void)
{
    return choice("smt", false,
                  "the command line's smt= is neither on nor off: one thread of a core is used");
}

static bool with_apic_virtualization(void)
{
    return choice("apicv", true,
                  "the command line's apicv= is neither on nor off: APIC virtualisation is used where it is");
}

_Noreturn void bringup(uint64_t boot_information, uint64_t image)
{
    console_init();
    console_line("core starts");
    read_boot_information(boot_information);
    read_firmware_tables();
    take_memory(boot_information, image);
    manager_entry = manager_module_find(&parameters, &manager_image);
    vmxon_check();
    capability_negotiate(with_apic_virtualization());
    make_address_space(image);
    paging_switch();
    if (screen_bytes != 0) {
        console_move_screen(screen_at);
    }
    cpu_init(0);
    boot_switch_stack(cpu_stack_top(0));
}

static void say_sizes(void)
{
    console_line_decimal("the core keeps ", region_size() / FRAMES_PER_MIB, " MiB for itself");
    console_line(capability.has_apic_virtualization ? "interrupts of guests are delivered by the CPU (apicv)"
                                                    : "interrupts of guests are delivered by the core");
}

static hfn_t zeroed_frames(uint64_t count)
{
    hfn_t first = region_frames(count);

    for (uint64_t i = 0; i < count; i++) {
        window_scrub(first + i);
    }
    return first;
}

/* The manager's data in frames first .. end - 1. */
static bool grant_data(hfn_t first, hfn_t end)
{
    return first >= end || frame_grant(first, end - first, large_leaves_allowed ? GRANT_LARGE : GRANT_DATA);
}

/* A range of RAM, but for the manager's image, which is granted already. */
static bool grant_range(const struct boot_range *range, const struct boot_range *image)
{
    hfn_t end = range->first + range->count;

    if (image->first < range->first || image->first >= end) {
        return grant_data(range->first, end);
    }
    return grant_data(range->first, image->first) && grant_data(image->first + image->count, end);
}

static void grant_manager_memory(void)
{
    bool granted = frame_grant(boot_info_frame, 1, GRANT_DATA) &&
                   frame_grant(manager_image.first, manager_image.count, GRANT_IMAGE);

    for (uint32_t i = 0; i < map.range_count && granted; i++) {
        granted = grant_range(&map.ranges[i], &manager_image);
    }
    if (!granted) {
        refuse("The core's tables are too small for this machine's memory map.");
    }
}

static void make_policies(void)
{
    cpuid_policy_init(tsc_khz(), capability.has_xsaves);
    msr_policy_init(capability.has_apic_virtualization);
    port_policy_init(console_has_debug_port());
}

_Noreturn void bringup_on_own_stack(void)
{
    const bool siblings = with_siblings();
    hfn_t regions;

    say_sizes();
    if (!isolation_init(plan.frame_limit, plan.table_limit, region_tables(), shared_bit(),
                        take_machine_cores(&machine, siblings))) {
        refuse("The core's tables are too small for this machine.");
    }
    vtd_domain_init(shared_bit_gfn);
    vcpu_frames_init(region_frames(VCPUS_MAX * VCPU_FRAMES));
    regions = zeroed_frames(plan.cpus);
    large_leaves_allowed =
        take_machine(&machine, map.low_frame, regions, siblings) && capability.has_ept_large;
    vmxon_this_cpu(regions);
    make_policies();
    grant_manager_memory();
    if (shared_bit_gfn < EPT_WINDOW_GFN / 2u || !ept_window_open()) {
        console_line("device pages cannot be mapped on this machine");
    }
    boot_info_write(boot_info_frame, &parameters, &map);
    audit_record(AUDIT_BOOT, memory_map_frames(&map), smp_cpus(), 0);
    console_line("the manager starts");
    manager_start(manager_entry, address_of_frame(boot_info_frame));
}
