/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/cpu.h"

#include "arch/x86_64/cr.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/trap.h"
#include "lib/addr.h"

enum cpu_ist { IST_NMI = 1, IST_FAULT = 2, IST_MACHINE_CHECK = 3, IST_ENTRIES = 7 };

struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[IST_ENTRIES];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map_base;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "64-bit task-state segment");

struct idt_gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};
_Static_assert(sizeof(struct idt_gate) == 16, "64-bit interrupt gate");

#define GATE_INTERRUPT_PRESENT 0x8e
#define DESCRIPTOR_CODE64      0x00af9b000000ffffull
#define DESCRIPTOR_TSS_PRESENT 0x0000890000000000ull
#define GDT_ENTRIES            4u

struct percpu percpus[CPUS_MAX];
static struct tss tsss[CPUS_MAX];
static uint64_t gdts[CPUS_MAX][GDT_ENTRIES];
static struct idt_gate idt[VECTORS];

static uint64_t cpu_page(uint32_t cpu, uint32_t page)
{
    return LAYOUT_CPUS + (uint64_t)cpu * LAYOUT_LARGE_PAGE + (uint64_t)page * FRAME_SIZE;
}

uint64_t cpu_stack_top(uint32_t cpu)
{
    return cpu_page(cpu, CPU_PAGE_STACK + CPU_STACK_PAGES);
}

uint64_t cpu_gdt_base(uint32_t cpu)
{
    return (uint64_t)gdts[cpu];
}

uint64_t cpu_tss_base(uint32_t cpu)
{
    return (uint64_t)&tsss[cpu];
}

uint64_t cpu_idt_base(void)
{
    return (uint64_t)idt;
}

static uint8_t ist_of_vector(uint32_t vector)
{
    switch (vector) {
    case VECTOR_NMI:
        return IST_NMI;
    case VECTOR_DF:
        return IST_FAULT;
    case VECTOR_MC:
        return IST_MACHINE_CHECK;
    default:
        return 0;
    }
}

static void idt_init(void)
{
    for (uint32_t vector = 0; vector < VECTORS; vector++) {
        uint64_t stub = (uint64_t)trap_stubs + (uint64_t)vector * TRAP_STUB_BYTES;

        idt[vector] = (struct idt_gate){
            .offset_low = (uint16_t)stub,
            .selector = SELECTOR_CODE,
            .ist = ist_of_vector(vector),
            .type = GATE_INTERRUPT_PRESENT,
            .offset_middle = (uint16_t)(stub >> 16),
            .offset_high = (uint32_t)(stub >> 32),
        };
    }
}

static void descriptors_init(uint32_t cpu)
{
    uint64_t base = cpu_tss_base(cpu);
    struct descriptor_table_register gdtr = {sizeof(gdts[cpu]) - 1, cpu_gdt_base(cpu)};
    struct descriptor_table_register idtr = {sizeof(idt) - 1, cpu_idt_base()};

    tsss[cpu].ist[IST_NMI - 1] = cpu_page(cpu, CPU_PAGE_NMI_STACK + CPU_SMALL_STACK_PAGES);
    tsss[cpu].ist[IST_FAULT - 1] = cpu_page(cpu, CPU_PAGE_FAULT_STACK + CPU_SMALL_STACK_PAGES);
    tsss[cpu].ist[IST_MACHINE_CHECK - 1] = cpu_page(cpu, CPU_PAGE_MC_STACK + CPU_SMALL_STACK_PAGES);
    tsss[cpu].io_map_base = sizeof(struct tss);
    gdts[cpu][0] = 0;
    gdts[cpu][SELECTOR_CODE / 8] = DESCRIPTOR_CODE64;
    gdts[cpu][SELECTOR_TSS / 8] = DESCRIPTOR_TSS_PRESENT | (sizeof(struct tss) - 1) |
                                  (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
    gdts[cpu][SELECTOR_TSS / 8 + 1] = base >> 32;
    insn_lgdt(&gdtr);
    insn_load_segments(SELECTOR_CODE);
    insn_ltr(SELECTOR_TSS);
    insn_lidt(&idtr);
}

#define CPUID_EXTENDED_STATE 0xdu

uint64_t cpu_xcr0(void)
{
    return insn_cpuid(CPUID_EXTENDED_STATE, 0).eax & (XCR0_X87 | XCR0_SSE | XCR0_AVX);
}

#define CPUID_FEATURES            1u
#define CPUID_FEATURES_ECX_XSAVE  (1u << 26)
#define CPUID_STRUCTURED          7u
#define CPUID_STRUCTURED_EBX_SMEP (1u << 7)
#define CPUID_STRUCTURED_EBX_SMAP (1u << 20)

static void control_registers_init(void)
{
    uint64_t cr4 = CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_DE;
    uint32_t structured = insn_cpuid(CPUID_STRUCTURED, 0).ebx;

    if ((insn_cpuid(CPUID_FEATURES, 0).ecx & CPUID_FEATURES_ECX_XSAVE) == 0) {
        refuse("This CPU has no XSAVE, which the core needs to keep register state apart.");
    }
    if ((structured & CPUID_STRUCTURED_EBX_SMEP) != 0) {
        cr4 |= CR4_SMEP;
    }
    if ((structured & CPUID_STRUCTURED_EBX_SMAP) != 0) {
        cr4 |= CR4_SMAP;
    }
    insn_write_cr0(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG);
    insn_write_cr4(cr4 | CR4_OSXSAVE | (insn_read_cr4() & CR4_VMXE));
    insn_wrmsr(MSR_IA32_EFER, EFER_LME | EFER_LMA | EFER_NXE);
    insn_wrmsr(MSR_IA32_PAT, PAT_RESET);
    insn_xsetbv(0, cpu_xcr0());
}

void cpu_init(uint32_t cpu)
{
    struct percpu *this = &percpus[cpu];

    if (cpu == 0) {
        idt_init();
    }
    control_registers_init();
    descriptors_init(cpu);
    this->self = (uint64_t)this;
    this->cpu = cpu;
    this->stack_top = cpu_stack_top(cpu);
    this->xcr0 = cpu_xcr0();
    insn_wrmsr(MSR_IA32_GS_BASE, (uint64_t)this);
}
