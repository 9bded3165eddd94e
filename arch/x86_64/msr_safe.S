/* SPDX-License-Identifier: Apache-2.0 */
    .text
    .globl msr_safe_read, msr_safe_write, msr_safe_read_at, msr_safe_write_at, msr_safe_failed
msr_safe_read:
    movl %edi, %ecx
msr_safe_read_at:
    rdmsr
    shlq $32, %rdx
    orq %rdx, %rax
    movq %rax, (%rsi)
    movl $1, %eax
    ret
msr_safe_write:
    movl %edi, %ecx
    movl %esi, %eax
    movq %rsi, %rdx
    shrq $32, %rdx
msr_safe_write_at:
    wrmsr
    movl $1, %eax
    ret
msr_safe_failed:
    xorl %eax, %eax
    ret

    .section .note.GNU-stack, "", @progbits
