/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a CPU comes out of SIPI: real mode, CS:IP = page:0.  It goes to long mode on the core's own tables, where this
 * page is identity-mapped to read and execute, and from there into the core.
 * Source: Intel SDM Vol. 3A, "Initializing IA-32e Mode".
 */
#define CR0_PE_ET_NE_WP_PG 0x80010031
#define CR4_PAE            0x20
#define MSR_EFER           0xc0000080
#define EFER_LME_NXE       0x900
/* Accessed already: the page cannot be written. */
#define DESCRIPTOR_CODE64  0x00af9b000000ffff

/* struct trampoline_order */
#define ORDER              (trampoline_order_place - trampoline_start)
#define ORDER_ROOT         (ORDER + 0)
#define ORDER_STACK        8
#define ORDER_ENTRY        16
#define ORDER_CPU          24
#define ORDER_FAR_POINTER  (ORDER + 32)
#define ORDER_GDTR         (ORDER + 38)
#define ORDER_BYTES        48

    .section .rodata.trampoline, "a", @progbits
    .balign 16
    .globl trampoline_start, trampoline_long_mode, trampoline_gdt, trampoline_order_place, trampoline_end
trampoline_start:
    .code16
    cli
    cld
    movw %cs, %ax
    movw %ax, %ds
    movl $CR4_PAE, %eax
    movl %eax, %cr4
    movl ORDER_ROOT, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    movl $EFER_LME_NXE, %eax
    xorl %edx, %edx
    wrmsr
    lgdtl ORDER_GDTR
    movl $CR0_PE_ET_NE_WP_PG, %eax /* caches on, too: CD and NW are clear */
    movl %eax, %cr0
    ljmpl *ORDER_FAR_POINTER

    .code64
    .balign 16
trampoline_long_mode:
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movq trampoline_order_place + ORDER_STACK(%rip), %rsp
    movq trampoline_order_place + ORDER_CPU(%rip), %rdi
    movq trampoline_order_place + ORDER_ENTRY(%rip), %rax
    xorl %ebp, %ebp
    pushq %rbp                     /* as if called: no one to return to */
    jmp *%rax

    .balign 16
trampoline_gdt:
    .quad 0
    .quad DESCRIPTOR_CODE64
    .balign 16
trampoline_order_place:
    .fill ORDER_BYTES, 1, 0
trampoline_end:

    .section .note.GNU-stack, "", @progbits
