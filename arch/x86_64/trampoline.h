/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_TRAMPOLINE_H
#define ARCH_X86_64_TRAMPOLINE_H

#include <stdint.h>

/* The start code of a CPU (arch/x86_64/trampoline.S), copied to a page below 640 KiB. */
extern const uint8_t trampoline_start[];
extern const uint8_t trampoline_long_mode[]; /* its 64-bit part */
extern const uint8_t trampoline_gdt[];
extern const uint8_t trampoline_order_place[]; /* where a struct trampoline_order belongs */
extern const uint8_t trampoline_end[];

#define TRAMPOLINE_GDT_BYTES     16u
#define TRAMPOLINE_SELECTOR_CODE 8u

/* What the boot CPU tells the CPU that starts.  Addresses below 4 GiB where they have 32 bits. */
struct trampoline_order {
    uint64_t root;  /* CR3 */
    uint64_t stack; /* RSP */
    uint64_t entry; /* RIP of a function of `cpu`, which does not return */
    uint64_t cpu;
    uint32_t long_mode; /* far pointer to the copy's 64-bit part */
    uint16_t selector;
    uint16_t gdt_limit; /* operand of LGDT for the copy's GDT */
    uint32_t gdt_base;
    uint32_t reserved;
};
_Static_assert(sizeof(struct trampoline_order) == 48, "trampoline.S knows this layout");

#endif
