/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_TRAP_H
#define ARCH_X86_64_TRAP_H

#include <stdint.h>

#include "arch/x86_64/vector.h"

/* Entry points of the IDT, TRAP_STUB_BYTES apart (arch/x86_64/trap.S). */
#define TRAP_STUB_BYTES 16u
extern const uint8_t trap_stubs[];

/* What trap.S pushes. */
struct trap_frame {
    uint64_t rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11;
    uint64_t vector;
    uint64_t error_code;
    uint64_t rip, cs, rflags, rsp, ss;
};

/*
 * An exception or NMI while the core runs.  The core takes no interrupts and no exception is expected of
 * it: all but NMI and a safe MSR access (arch/x86_64/msr_safe.h) panic.  An NMI is a shootdown or a panic of another CPU, or the machine's own.
 */
void trap_handle(struct trap_frame *frame);

/* What to do on an NMI, in VMX root operation or as an exit: vmx/nmi.c. */
void trap_nmi(void);

#endif
