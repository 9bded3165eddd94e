/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_CPU_H
#define ARCH_X86_64_CPU_H

#include <stdbool.h>
#include <stdint.h>

/* Selectors of every CPU's GDT. */
enum cpu_selector {
    SELECTOR_CODE = 0x08,
    SELECTOR_TSS = 0x10,
};

/*
 * Make this CPU the core's CPU number `cpu`: descriptor tables, per-CPU segment, control registers, PAT,
 * XCR0.  Runs on the core's own page tables; the stacks of `cpu` are mapped.  Interrupts stay off for ever.
 */
void cpu_init(uint32_t cpu);

/* What cpu_init loaded, for the host state of a VMCS. */
uint64_t cpu_gdt_base(uint32_t cpu);
uint64_t cpu_tss_base(uint32_t cpu);
uint64_t cpu_idt_base(void);

/* Top of the CPU's main stack. */
uint64_t cpu_stack_top(uint32_t cpu);

/* XCR0 while the core runs and swaps register state: all components any partition may use. */
uint64_t cpu_xcr0(void);

#endif
