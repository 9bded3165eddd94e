/* SPDX-License-Identifier: Apache-2.0 */
/* One stub of TRAP_STUB_BYTES for each vector, and the copy that survives faults. */
    .set TRAP_STUB_BYTES, 16
    .set ERROR_CODE_VECTORS, 0x60227d00     /* 8, 10-14, 17, 21, 29, 30 */

    .section .text.trap, "ax"
    .globl trap_stubs
    .balign TRAP_STUB_BYTES
trap_stubs:
    .set vector, 0
    .rept 256
    .balign TRAP_STUB_BYTES
    .if !((ERROR_CODE_VECTORS >> (vector & 63)) & (vector < 32) & 1)
    push $0
    .endif
    push $vector
    jmp trap_common
    .set vector, vector + 1
    .endr

/* Builds struct trap_frame (manager/trap.h). */
trap_common:
    push %rax
    push %rbx
    push %rcx
    push %rdx
    push %rsi
    push %rdi
    push %rbp
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
    cld
    mov %rsp, %rdi
    call trap_handle
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rbp
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rcx
    pop %rbx
    pop %rax
    add $16, %rsp
    iretq

/* bool guarded_copy(void *to, const void *from, uint64_t bytes) */
    .section .text.guarded_copy, "ax"
    .globl guarded_copy
guarded_copy:
    mov %rdx, %rcx
    shr $3, %rcx
    and $7, %edx
guarded_words:
    rep movsq
    mov %edx, %ecx
guarded_bytes:
    rep movsb
    mov $1, %eax
    ret
guarded_failed:
    xor %eax, %eax
    ret

/* bool guarded_load(uint64_t *value, uint64_t address, uint64_t bytes) */
    .section .text.guarded_load, "ax"
    .globl guarded_load
guarded_load:
    cmp $2, %edx
    jb load_1
    je load_2
    cmp $4, %edx
    je load_4
load_8:
    mov (%rsi), %rax
    jmp loaded
load_4:
    mov (%rsi), %eax
    jmp loaded
load_2:
    movzwl (%rsi), %eax
    jmp loaded
load_1:
    movzbl (%rsi), %eax
loaded:
    mov %rax, (%rdi)
    mov $1, %eax
    ret

/* bool guarded_store(uint64_t address, uint64_t value, uint64_t bytes) */
    .section .text.guarded_store, "ax"
    .globl guarded_store
guarded_store:
    mov $1, %eax
    cmp $2, %edx
    jb store_1
    je store_2
    cmp $4, %edx
    je store_4
store_8:
    mov %rsi, (%rdi)
    ret
store_4:
    mov %esi, (%rdi)
    ret
store_2:
    mov %si, (%rdi)
    ret
store_1:
    mov %sil, (%rdi)
    ret

    .section .fixups, "a"
    .quad guarded_words, guarded_failed
    .quad guarded_bytes, guarded_failed
    .irp bytes, 1, 2, 4, 8
    .quad load_\bytes, guarded_failed
    .quad store_\bytes, guarded_failed
    .endr

    .section .note.GNU-stack, "", @progbits
