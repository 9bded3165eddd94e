/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TINY_TINY_TRAP_H
#define TESTS_TINY_TINY_TRAP_H

#include <stdint.h>

/* Load an IDT in which every vector leads to tiny_fault(); for the manager and, in its copy, for a guest. */
void tiny_trap_init(void);

struct tiny_trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector;
    uint64_t code;
    uint64_t rip, cs, rflags, rsp, ss;
};
void tiny_fault(struct tiny_trap_frame *frame);

/* Interrupts (vectors 32 and above) seen so far. */
extern uint64_t tiny_interrupts;
/* In a guest: #VE is looked up with TDG.VP.VEINFO.GET. */
extern uint32_t tiny_is_guest;

#endif
