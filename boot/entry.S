/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From GRUB to C.  GRUB enters in 32-bit protected mode with paging off, at any physical address (aligned
 * to 2 MiB, below 1 GiB): everything up to long mode is position-independent, with EBP the physical
 * address of image_start.  Source: Multiboot2 Specification 2.0, "OS image format", "I386 machine state".
 */
#include "arch/x86_64/layout.h"

#define MB2_HEADER_MAGIC 0xe85250d6
#define MB2_LOADER_MAGIC 0x36d76289
#define MB2_TAG_END 0
#define MB2_TAG_INFORMATION_REQUEST 1
#define MB2_TAG_CONSOLE_FLAGS 4
#define MB2_TAG_MODULE_ALIGN 6
#define MB2_TAG_RELOCATABLE 10
#define MB2_OPTIONAL 1
#define MB2_EGA_TEXT_SUPPORTED 2
#define MB2_INFO_MEMORY_MAP 6

#define PHYSICAL(symbol) (symbol - LAYOUT_IMAGE)

#define PTE_PRESENT_WRITE 0x3
#define PDE_LARGE 0x83
#define CR4_PAE 0x20
#define EFER 0xc0000080
#define EFER_LME_NXE 0x900
#define CR0_SET 0x80010001   /* PG, WP, PE */
#define CR0_CLEAR 0x60000000 /* CD, NW: firmware may leave them set */
#define CODE64 0x08
#define COM1_DATA 0x3f8

    .section .boot, "ax"
    .code32
    .balign 8
header:
    .long MB2_HEADER_MAGIC
    .long 0
    .long header_end - header
    .long -(MB2_HEADER_MAGIC + 0 + (header_end - header))

    .balign 8
    .word MB2_TAG_INFORMATION_REQUEST, 0
    .long 12
    .long MB2_INFO_MEMORY_MAP
    /* No framebuffer tag: GRUB then gives text on BIOS and the GOP framebuffer on UEFI. */
    .balign 8
    .word MB2_TAG_CONSOLE_FLAGS, MB2_OPTIONAL
    .long 12
    .long MB2_EGA_TEXT_SUPPORTED
    .balign 8
    .word MB2_TAG_MODULE_ALIGN, 0
    .long 8
    .balign 8
    .word MB2_TAG_RELOCATABLE, 0
    .long 24
    .long 0x200000, 0x3fffffff, LAYOUT_LARGE_PAGE, 1
    .balign 8
    .word MB2_TAG_END, 0
    .long 8
header_end:

    .globl boot_entry
boot_entry:
    cli
    cld
    /* The second word of the information structure is reserved: the only stack there is. */
    leal 8(%ebx), %esp
    call 1f
1:  popl %ebp
    subl $PHYSICAL(1b), %ebp
    leal PHYSICAL(boot_stack_top)(%ebp), %esp
    cmpl $MB2_LOADER_MAGIC, %eax
    jne not_multiboot2
    movl %ebx, %esi

    /* Does the CPU have long mode? */
    movl $0x80000000, %eax
    cpuid
    cmpl $0x80000001, %eax
    jb no_long_mode
    movl $0x80000001, %eax
    cpuid
    btl $29, %edx
    jnc no_long_mode

    /* Four page directories map the first 4 GiB with large pages. */
    leal PHYSICAL(boot_directories)(%ebp), %edi
    movl $PDE_LARGE, %eax
    movl $2048, %ecx
1:  movl %eax, (%edi)
    movl $0, 4(%edi)
    addl $8, %edi
    addl $LAYOUT_LARGE_PAGE, %eax
    loop 1b
    /* One more maps the image at its virtual address. */
    leal PHYSICAL(boot_image_directory)(%ebp), %edi
    leal PDE_LARGE(%ebp), %eax
    movl $(LAYOUT_IMAGE_MAX / LAYOUT_LARGE_PAGE), %ecx
1:  movl %eax, (%edi)
    addl $8, %edi
    addl $LAYOUT_LARGE_PAGE, %eax
    loop 1b
    /* Virtual 0: the first GiB, and the image at 1 GiB. */
    leal PHYSICAL(boot_low)(%ebp), %edi
    leal (PHYSICAL(boot_directories) + PTE_PRESENT_WRITE)(%ebp), %eax
    movl %eax, (%edi)
    leal (PHYSICAL(boot_image_directory) + PTE_PRESENT_WRITE)(%ebp), %eax
    movl %eax, 8(%edi)
    /* LAYOUT_BOOT: all four GiB. */
    leal PHYSICAL(boot_physical)(%ebp), %edi
    leal (PHYSICAL(boot_directories) + PTE_PRESENT_WRITE)(%ebp), %eax
    movl $4, %ecx
1:  movl %eax, (%edi)
    addl $8, %edi
    addl $4096, %eax
    loop 1b
    leal PHYSICAL(boot_root)(%ebp), %edi
    leal (PHYSICAL(boot_low) + PTE_PRESENT_WRITE)(%ebp), %eax
    movl %eax, (%edi)
    leal (PHYSICAL(boot_physical) + PTE_PRESENT_WRITE)(%ebp), %eax
    movl %eax, 8(%edi)

    movl %edi, %cr3
    movl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $EFER, %ecx
    movl $EFER_LME_NXE, %eax
    xorl %edx, %edx
    wrmsr
    leal PHYSICAL(boot_gdt)(%ebp), %eax
    leal PHYSICAL(boot_gdtr)(%ebp), %edi
    movl %eax, 2(%edi)
    lgdt (%edi)
    movl %cr0, %eax
    orl $CR0_SET, %eax
    andl $~CR0_CLEAR, %eax
    movl %eax, %cr0
    pushl $CODE64
    leal PHYSICAL(long_mode)(%ebp), %eax
    pushl %eax
    lretl

not_multiboot2:
    leal PHYSICAL(text_not_multiboot2)(%ebp), %esi
    jmp refuse32
no_long_mode:
    leal PHYSICAL(text_no_long_mode)(%ebp), %esi
refuse32:
    movw $COM1_DATA, %dx
1:  lodsb
    testb %al, %al
    jz 2f
    outb %al, %dx
    outb %al, $0xe9
    jmp 1b
2:  hlt
    jmp 2b

    .code64
long_mode:
    movabsq $on_virtual_address, %rax
    jmp *%rax
on_virtual_address:
    leaq boot_stack_top(%rip), %rsp
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %esi, %edi
    movl %ebp, %esi
    xorl %ebp, %ebp
    call bringup
1:  hlt
    jmp 1b

/* void boot_switch_stack(uint64_t top): leave the boot stack for good; goes on in bringup_on_own_stack. */
    .globl boot_switch_stack
boot_switch_stack:
    movq %rdi, %rsp
    xorl %ebp, %ebp
    call bringup_on_own_stack
1:  hlt
    jmp 1b

text_not_multiboot2:
    .asciz "bulkhead: this is a multiboot2 kernel: load it with GRUB's multiboot2 command.\r\n"
text_no_long_mode:
    .asciz "bulkhead: this CPU has no 64-bit mode.\r\n"

    .section .data
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff
boot_gdtr:
    .word 15
    .long 0
    .long 0

    .section .bss
    .balign 4096
boot_root:
    .skip 4096
boot_low:
    .skip 4096
boot_physical:
    .skip 4096
boot_directories:
    .skip 4 * 4096
boot_image_directory:
    .skip 4096
boot_stack:
    .skip 4 * 4096
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
