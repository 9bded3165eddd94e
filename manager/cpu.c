/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/cpu.h"

#include "lib/addr.h"
#include "manager/hypercall.h"
#include "manager/insn.h"
#include "manager/paging.h"
#include "manager/physical.h"
#include "manager/run.h"
#include "manager/schedule.h"
#include "manager/timer.h"
#include "manager/trap.h"

enum {
    STACK_FRAMES = 4,
    /* SDM Vol. 3A, "Local APIC": x2APIC register address space. */
    IA32_X2APIC_APICID = 0x802,
    IA32_X2APIC_ICR = 0x830,
    ICR_DESTINATION_SHIFT = 32,
};

/* manager/entry.S */
extern uint64_t image_physical, cpu_stack, cpu_number;
extern const char image_start[], cpu_entry[];
void manager_cpu_main(uint32_t cpu);

static uint64_t apic_ids[SCHEDULE_CPUS_MAX];
static uint32_t arrived;
static uint32_t released;

/* Where manager/entry.S goes on a CPU that cpu_start_others() has asked for. */
void manager_cpu_main(uint32_t cpu)
{
    trap_start();
    apic_ids[cpu] = insn_rdmsr(IA32_X2APIC_APICID);
    __atomic_store_n(&arrived, cpu, __ATOMIC_RELEASE);
    while (__atomic_load_n(&released, __ATOMIC_ACQUIRE) == 0) {
        __builtin_ia32_pause();
    }
    paging_join();
    timer_start();
    insn_sti();
    run_on_cpu(cpu);
}

uint32_t cpu_start_others(struct memory *memory, uint32_t cpus)
{
    apic_ids[0] = insn_rdmsr(IA32_X2APIC_APICID);
    for (uint32_t cpu = 1; cpu < cpus && cpu < SCHEDULE_CPUS_MAX; cpu++) {
        const uint64_t stack = memory_take(memory, STACK_FRAMES, 1);
        if (stack == MEMORY_NONE) {
            return cpu;
        }
        cpu_stack = (uintptr_t)physical_at(address_of_frame(stack + STACK_FRAMES));
        cpu_number = cpu;
        if (hypercall_cpu_start(cpu, image_physical + (uint64_t)(cpu_entry - image_start), image_physical) !=
            STATUS_OK) {
            memory_give(memory, stack, STACK_FRAMES);
            return cpu;
        }
        while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) != cpu) {
            __builtin_ia32_pause();
        }
    }
    return cpus < SCHEDULE_CPUS_MAX ? cpus : SCHEDULE_CPUS_MAX;
}

void cpu_release_others(void)
{
    __atomic_store_n(&released, 1u, __ATOMIC_RELEASE);
}

void cpu_interrupt(uint32_t cpu)
{
    insn_wrmsr(IA32_X2APIC_ICR, apic_ids[cpu] << ICR_DESTINATION_SHIFT | WAKE_VECTOR);
}
