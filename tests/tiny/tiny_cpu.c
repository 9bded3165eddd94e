/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/hypercall.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_trap.h"

/* Other CPUs: manager/entry.S brings each to manager_cpu_main(). */
#define STACK_FRAMES 4u
#define FRAME        4096u
#define APIC_ID      0x802u

extern uint64_t image_physical;
extern uint64_t cpu_stack;
extern uint32_t cpu_number;
extern const uint8_t cpu_entry[];
extern const uint8_t image_start[];
void manager_cpu_main(uint32_t cpu);

static void (*volatile work)(uint32_t cpu);
static volatile uint32_t arrived;

void manager_cpu_main(uint32_t cpu)
{
    void (*own)(uint32_t) = work;

    tiny_trap_init();
    arrived = cpu;
    own(cpu);
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

uint64_t tiny_cpu_start(uint32_t cpu, void (*function)(uint32_t cpu))
{
    uint64_t status;

    cpu_stack = (uint64_t)tiny_at(tiny_frames(STACK_FRAMES)) + STACK_FRAMES * FRAME - 8;
    cpu_number = cpu;
    work = function;
    arrived = 0;
    status = tiny_call(HYPERCALL_CPU_START, cpu, image_physical + (uint64_t)(cpu_entry - image_start),
                       image_physical, 0, 0)
                 .status;
    while (status == STATUS_OK && arrived != cpu) {
        tiny_pause();
    }
    return status;
}

uint32_t tiny_apic_id(void)
{
    uint64_t id = 0;

    tiny_try_rdmsr(APIC_ID, &id);
    return (uint32_t)id;
}
