/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/smp.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/mce.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/trampoline.h"
#include "arch/x86_64/tsc.h"
#include "arch/x86_64/vmxon.h"
#include "lib/limits.h"
#include "lib/memory.h"

/* Microseconds.  INIT and SIPI: as the manual's example; a CPU that has not come within a second never will. */
enum smp_wait { WAIT_AFTER_INIT = 10000, WAIT_AFTER_SIPI = 200, WAIT_FOR_CPU = 1000000, WAIT_STEP = 100 };

static uint32_t cpus;
static hfn_t region_of_next;
/* The CPU number that has come: in VMX root operation, about to park. */
static uint32_t arrived;

void smp_init(uint32_t apic_id)
{
    percpus[0].apic_id = apic_id;
    percpus[0].manager_runs = SMP_MANAGER_RUNS;
    cpus = 1;
}

_Noreturn void smp_halt(void)
{
    for (;;) {
        insn_cli();
        insn_hlt();
    }
}

/* Until the manager asks for this CPU. */
_Noreturn static void park(void)
{
    struct percpu *this = percpu_this();

    insn_cli();
    while (__atomic_load_n(&this->manager_runs, __ATOMIC_ACQUIRE) != SMP_MANAGER_GIVEN) {
        insn_hlt();
    }
    __atomic_store_n(&this->manager_runs, SMP_MANAGER_RUNS, __ATOMIC_RELEASE);
    smp_given();
}

bool smp_give(uint32_t cpu, uint64_t entry, uint64_t value)
{
    if (percpus[cpu].manager_runs != SMP_MANAGER_NOT) {
        return false;
    }
    percpus[cpu].start_entry = entry;
    percpus[cpu].start_value = value;
    __atomic_store_n(&percpus[cpu].manager_runs, SMP_MANAGER_GIVEN, __ATOMIC_RELEASE);
    return true;
}

/* An NMI that comes between its look and its HLT is lost: again. */
void smp_wake(uint32_t cpu)
{
    while (__atomic_load_n(&percpus[cpu].manager_runs, __ATOMIC_ACQUIRE) == SMP_MANAGER_GIVEN) {
        lapic_send_nmi(percpus[cpu].apic_id);
        for (uint32_t n = 0; n < SMP_NMI_PAUSES; n++) {
            insn_pause();
        }
    }
}

_Noreturn static void start(uint64_t cpu)
{
    cpu_init((uint32_t)cpu);
    /* Is it the CPU that was called?  If not it stays here all the same, and the boot CPU refuses the machine. */
    if (!lapic_enable() || lapic_id() != percpus[cpu].apic_id) {
        smp_halt();
    }
    mce_init();
    vmxon_this_cpu(region_of_next);
    __atomic_store_n(&arrived, (uint32_t)cpu, __ATOMIC_RELEASE);
    park();
}

/* Rewrite the start page: never writable and executable at once. */
static void write_page(uint8_t page, const struct trampoline_order *order)
{
    const uint64_t address = address_of_frame(page);
    uint8_t *bytes = (uint8_t *)address;

    paging_unmap_trampoline(address);
    paging_map(address, address, PAGING_READ_WRITE);
    memset(bytes, 0, FRAME_SIZE);
    if (order != NULL) {
        memcpy(bytes, trampoline_start, (uint64_t)(trampoline_end - trampoline_start));
        memcpy(bytes + (trampoline_order_place - trampoline_start), order, sizeof(*order));
    }
    paging_unmap_trampoline(address);
}

static bool wait_for(uint32_t cpu, uint64_t microseconds)
{
    for (uint64_t waited = 0; waited < microseconds; waited += WAIT_STEP) {
        if (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) == cpu) {
            return true;
        }
        tsc_wait_microseconds(WAIT_STEP);
    }
    return false;
}

static bool wake(uint32_t cpu, uint32_t apic_id, uint8_t page)
{
    lapic_send_init(apic_id);
    tsc_wait_microseconds(WAIT_AFTER_INIT);
    lapic_send_sipi(apic_id, page);
    if (wait_for(cpu, WAIT_AFTER_SIPI)) {
        return true;
    }
    lapic_send_sipi(apic_id, page);
    return wait_for(cpu, WAIT_FOR_CPU);
}

bool smp_start_cpu(uint32_t apic_id, uint8_t page, hfn_t vmxon_region)
{
    const uint32_t address = (uint32_t)address_of_frame(page);
    const struct trampoline_order order = {
        .root = paging_root(),
        .stack = cpu_stack_top(cpus),
        .entry = (uint64_t)start,
        .cpu = cpus,
        .long_mode = address + (uint32_t)(trampoline_long_mode - trampoline_start),
        .selector = TRAMPOLINE_SELECTOR_CODE,
        .gdt_limit = TRAMPOLINE_GDT_BYTES - 1,
        .gdt_base = address + (uint32_t)(trampoline_gdt - trampoline_start),
    };

    region_of_next = vmxon_region;
    percpus[cpus].apic_id = apic_id;
    write_page(page, &order);
    paging_map_trampoline(address);
    if (!wake(cpus, apic_id, page)) {
        return false;
    }
    cpus++;
    write_page(page, NULL);
    return true;
}

uint32_t smp_cpus(void)
{
    return cpus;
}

void smp_stop_others(void)
{
    const uint32_t this = percpu_this()->cpu;

    for (uint32_t cpu = 0; cpu < cpus; cpu++) {
        if (cpu != this) {
            lapic_send_nmi(percpus[cpu].apic_id);
        }
    }
}
