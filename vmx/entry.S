/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way out of and back into partitions.  VMCS_HOST_RSP is the end of the current vCPU's struct gpr_file in the
 * state window, so that the pushes save the registers where they belong; each is scrubbed as it is saved.
 */
#define PERCPU_STACK_TOP 8     /* struct percpu */
#define PERCPU_STATE_WINDOW 16
#define VMCS_INSTRUCTION_ERROR 0x4400 /* enum vmcs_field */
#define VMRESUME_WITH_NON_LAUNCHED_VMCS 5 /* Intel SDM Vol. 3C, "VM Instruction Error Numbers" */

    .text
    .globl vmx_exit_entry
vmx_exit_entry:
    pushq %rax
    xorl %eax, %eax
    pushq %rcx
    xorl %ecx, %ecx
    pushq %rdx
    xorl %edx, %edx
    pushq %rbx
    xorl %ebx, %ebx
    pushq %rbp
    xorl %ebp, %ebp
    pushq %rsi
    xorl %esi, %esi
    pushq %rdi
    xorl %edi, %edi
    pushq %r8
    xorl %r8d, %r8d
    pushq %r9
    xorl %r9d, %r9d
    pushq %r10
    xorl %r10d, %r10d
    pushq %r11
    xorl %r11d, %r11d
    pushq %r12
    xorl %r12d, %r12d
    pushq %r13
    xorl %r13d, %r13d
    pushq %r14
    xorl %r14d, %r14d
    pushq %r15
    xorl %r15d, %r15d
    movq %gs:PERCPU_STACK_TOP, %rsp
    call exit_dispatch
/* _Noreturn void vmx_enter(void): enter the vCPU whose VMCS is current and whose state is in the window. */
    .globl vmx_enter
vmx_enter:
    movq %gs:PERCPU_STATE_WINDOW, %rsp
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
    vmresume
    pushq %rax /* to where it is */
    movl $VMCS_INSTRUCTION_ERROR, %eax
    vmread %rax, %rax
    cmpq $VMRESUME_WITH_NON_LAUNCHED_VMCS, %rax
    popq %rax
    jne 1f
    vmlaunch
1:
    movq %gs:PERCPU_STACK_TOP, %rsp
    call exit_entry_refused
    jmp vmx_enter

    .section .note.GNU-stack, "", @progbits
