/* SPDX-License-Identifier: Apache-2.0 */
/* The two forms of hypercall (abi/hypercall.h).  Needs nothing of the rest of the manager. */
    .set HYPERCALL_VCPU_RUN, 0x21
    /* struct run (manager/hypercall.h) */
    .set RUN_REGISTERS, 0
    .set RUN_VCPU, 128
    .set RUN_SLICE, 136
    .set RUN_STATUS, 144
    .set RUN_EXIT, 152
    .set RDX, RUN_REGISTERS + 2 * 8
    .set RBX, RUN_REGISTERS + 3 * 8
    .set RSI, RUN_REGISTERS + 6 * 8
    .set RDI, RUN_REGISTERS + 7 * 8
    .set R8, RUN_REGISTERS + 8 * 8
    .set R9, RUN_REGISTERS + 9 * 8
    .set R10, RUN_REGISTERS + 10 * 8
    .set R11, RUN_REGISTERS + 11 * 8
    .set R12, RUN_REGISTERS + 12 * 8
    .set R13, RUN_REGISTERS + 13 * 8
    .set R14, RUN_REGISTERS + 14 * 8
    .set R15, RUN_REGISTERS + 15 * 8

    .section .text.hypercall, "ax"
    .globl hypercall
hypercall:
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    mov %r9, %r8
    vmcall
    ret

    .section .text.hypercall_vcpu_run, "ax"
    .globl hypercall_vcpu_run
hypercall_vcpu_run:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    push %rdi
    mov RUN_VCPU(%rdi), %rcx
    mov RUN_SLICE(%rdi), %rbp
    mov RDX(%rdi), %rdx
    mov RBX(%rdi), %rbx
    mov RSI(%rdi), %rsi
    mov R8(%rdi), %r8
    mov R9(%rdi), %r9
    mov R10(%rdi), %r10
    mov R11(%rdi), %r11
    mov R12(%rdi), %r12
    mov R13(%rdi), %r13
    mov R14(%rdi), %r14
    mov R15(%rdi), %r15
    mov RDI(%rdi), %rdi
    mov $HYPERCALL_VCPU_RUN, %eax
    vmcall
    xchg %rdi, (%rsp)
    mov %rax, RUN_STATUS(%rdi)
    mov %rcx, RUN_EXIT(%rdi)
    mov %rdx, RDX(%rdi)
    mov %rbx, RBX(%rdi)
    mov %rsi, RSI(%rdi)
    mov %r8, R8(%rdi)
    mov %r9, R9(%rdi)
    mov %r10, R10(%rdi)
    mov %r11, R11(%rdi)
    mov %r12, R12(%rdi)
    mov %r13, R13(%rdi)
    mov %r14, R14(%rdi)
    mov %r15, R15(%rdi)
    pop RDI(%rdi)
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

    .section .note.GNU-stack, "", @progbits
