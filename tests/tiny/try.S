/* SPDX-License-Identifier: Apache-2.0 */
/* Things that may fault.  A fault whose RIP is in tiny_fixups goes on at the fix-up, with the vector in RAX. */
    .set NO_FAULT, 0xff

    .macro may_fault instruction:vararg
8:  \instruction
    .pushsection .fixups, "a"
    .quad 8b, fault
    .popsection
    .endm

    .text
    .globl tiny_try_read, tiny_try_write, tiny_try_in, tiny_try_out, tiny_try_rdmsr, tiny_try_wrmsr, tiny_try_call, tiny_called
tiny_try_read:
    may_fault movq (%rdi), %rax
    movq %rax, (%rsi)
    jmp fine
tiny_try_write:
    may_fault movq %rsi, (%rdi)
    jmp fine
/* A function whose instructions cannot be fetched returns at once, with the vector: tiny_fault() sees to it. */
tiny_try_call:
    movl $NO_FAULT, %eax
    call *%rdi
tiny_called:
    ret
tiny_try_in:
    movl %edi, %edx
    may_fault inb %dx, %al
    movb %al, (%rsi)
    jmp fine
tiny_try_out:
    movl %edx, %ecx
    movl %edi, %edx
    movl %esi, %eax
    cmpl $1, %ecx
    je 1f
    cmpl $2, %ecx
    je 2f
    may_fault outl %eax, %dx
    jmp fine
1:  may_fault outb %al, %dx
    jmp fine
2:  may_fault outw %ax, %dx
    jmp fine
tiny_try_rdmsr:
    movl %edi, %ecx
    may_fault rdmsr
    shlq $32, %rdx
    orq %rdx, %rax
    movq %rax, (%rsi)
    jmp fine
tiny_try_wrmsr:
    movl %edi, %ecx
    movl %esi, %eax
    movq %rsi, %rdx
    shrq $32, %rdx
    may_fault wrmsr
fine:
    movl $NO_FAULT, %eax
fault:
    ret

/* Every vector comes here with its number and an error code, real or 0: tiny_fault(frame) decides. */
    .balign 16
    .globl tiny_stubs
tiny_stubs:
    .set vector, 0
    .rept 256
    .balign 16
    .if vector >= 32
    pushq $0
    .elseif ((0x60227d00 >> vector) & 1) == 0
    pushq $0
    .endif
    pushq $vector
    jmp common
    .set vector, vector + 1
    .endr
common:
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rbx
    pushq %rbp
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, %rdi
    movq %rsp, %rbx
    andq $-16, %rsp
    call tiny_fault
    movq %rbx, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rbp
    popq %rbx
    popq %rdx
    popq %rcx
    popq %rax
    addq $16, %rsp
    iretq

/* uint64_t guest_tdcall(uint64_t leaf, uint64_t reg[16]) */
    .globl guest_tdcall
guest_tdcall:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rsi
    movq %rdi, %rax
    movq %rsi, %rbp
    movq 8(%rbp), %rcx
    movq 16(%rbp), %rdx
    movq 24(%rbp), %rbx
    movq 48(%rbp), %rsi
    movq 56(%rbp), %rdi
    movq 64(%rbp), %r8
    movq 72(%rbp), %r9
    movq 80(%rbp), %r10
    movq 88(%rbp), %r11
    movq 96(%rbp), %r12
    movq 104(%rbp), %r13
    movq 112(%rbp), %r14
    movq 120(%rbp), %r15
    .byte 0x66, 0x0f, 0x01, 0xcc
    popq %rbp
    movq %rcx, 8(%rbp)
    movq %rdx, 16(%rbp)
    movq %rbx, 24(%rbp)
    movq %rsi, 48(%rbp)
    movq %rdi, 56(%rbp)
    movq %r8, 64(%rbp)
    movq %r9, 72(%rbp)
    movq %r10, 80(%rbp)
    movq %r11, 88(%rbp)
    movq %r12, 96(%rbp)
    movq %r13, 104(%rbp)
    movq %r14, 112(%rbp)
    movq %r15, 120(%rbp)
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

/* void tiny_vcpu_run(struct tiny_run *) */
    .globl tiny_vcpu_run
tiny_vcpu_run:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rdi
    movq %rdi, %rax
    movq 144(%rax), %rcx
    movq 152(%rax), %rbp
    movq 16(%rax), %rdx
    movq 24(%rax), %rbx
    movq 48(%rax), %rsi
    movq 56(%rax), %rdi
    movq 64(%rax), %r8
    movq 72(%rax), %r9
    movq 80(%rax), %r10
    movq 88(%rax), %r11
    movq 96(%rax), %r12
    movq 104(%rax), %r13
    movq 112(%rax), %r14
    movq 120(%rax), %r15
    movl $0x21, %eax
    vmcall
    popq %rbp
    movq %rax, 128(%rbp)
    movq %rcx, 136(%rbp)
    movq %rdx, 16(%rbp)
    movq %rbx, 24(%rbp)
    movq %rsi, 48(%rbp)
    movq %rdi, 56(%rbp)
    movq %r8, 64(%rbp)
    movq %r9, 72(%rbp)
    movq %r10, 80(%rbp)
    movq %r11, 88(%rbp)
    movq %r12, 96(%rbp)
    movq %r13, 104(%rbp)
    movq %r14, 112(%rbp)
    movq %r15, 120(%rbp)
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

    .section .note.GNU-stack, "", @progbits
