/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the core's 32-bit entry (abi/boot_info.h) to manager_main(boot_info) in long mode.
 *
 * Needs nothing but manager/manager.lds and a manager_main, so that other managers can use it.  Other CPUs (CPU_START) begin
 * at cpu_entry with EBX = image_physical, one at a time, and go on in manager_cpu_main(cpu_number) on the stack cpu_stack;
 * before the direct map is made no-execute (manager/paging.c).
 *
 * The image is linked at MANAGER_WINDOW and may be anywhere below 4 GiB.  Two sets of tables lead there:
 * the first maps 4 GiB twice, at its own place and in the direct map; the second keeps the direct map
 * and has the window instead of the identity.  The way from one to the other goes through the direct
 * map, so that the window may lie over any physical address, the image's own included.
 */
    .set MANAGER_WINDOW, 0x40000000
    .set DIRECT_MAP, 0xffff800000000000     /* manager/physical.h */
    .set DIRECT_MAP_SLOT, 256               /* its entry in the PML4 */
    .set MANAGER_START_MAGIC, 0x424b4d47    /* abi/boot_info.h */
    .set ABI_VERSION, 1                     /* abi/hypercall.h */
    .set PAGE, 4096
    .set ENTRY_BYTES, 8
    .set TABLE_ENTRIES, 512
    .set BOOT_GIB, 4                        /* what the first tables map */
    .set PAGE_PRESENT_WRITE, 0x3
    .set PAGE_LARGE, 0x80
    .set LARGE_PAGE, 0x200000
    .set CR0_PG_WP, 0x80010000
    .set CR4_PAE, 0x20
    .set MSR_EFER, 0xc0000080
    .set EFER_LME_NXE, 0x900
    .set CODE_SELECTOR, 0x08
    .set DATA_SELECTOR, 0x10

    .section .entry, "ax"
/* struct manager_header */
    .ascii "1BULKMR1"
    .long ABI_VERSION
    .long manager_entry - MANAGER_WINDOW
    .quad image_size

    .code32
    .balign 16
    .globl manager_entry
manager_entry:
    cli
    cld
    cmp $MANAGER_START_MAGIC, %eax
    jne stop
    /* Where are we?  The tail of the boot info page is the first stack; the structure ends before it. */
    lea PAGE(%ebx), %esp
    call 1f
1:  pop %ebp
    sub $(1b - MANAGER_WINDOW), %ebp        /* EBP = physical address of the image */

    /* boot_directories: 4 GiB in large pages. */
    lea (boot_directories - MANAGER_WINDOW)(%ebp), %edi
    mov $(PAGE_PRESENT_WRITE | PAGE_LARGE), %eax
    mov $(BOOT_GIB * TABLE_ENTRIES), %ecx
2:  mov %eax, (%edi)
    add $LARGE_PAGE, %eax
    add $ENTRY_BYTES, %edi
    loop 2b

    lea (boot_pdpt - MANAGER_WINDOW)(%ebp), %edi
    lea (boot_directories - MANAGER_WINDOW + PAGE_PRESENT_WRITE)(%ebp), %eax
    mov $BOOT_GIB, %ecx
3:  mov %eax, (%edi)
    add $PAGE, %eax
    add $ENTRY_BYTES, %edi
    loop 3b

    /* window_table: the image, page by page. */
    lea (window_table - MANAGER_WINDOW)(%ebp), %edi
    lea PAGE_PRESENT_WRITE(%ebp), %eax
    mov $image_size, %ecx
    shr $12, %ecx
4:  mov %eax, (%edi)
    add $PAGE, %eax
    add $ENTRY_BYTES, %edi
    loop 4b
    lea (window_table - MANAGER_WINDOW + PAGE_PRESENT_WRITE)(%ebp), %eax
    mov %eax, (window_directory - MANAGER_WINDOW)(%ebp)
    lea (window_directory - MANAGER_WINDOW + PAGE_PRESENT_WRITE)(%ebp), %eax
    mov %eax, (window_pdpt - MANAGER_WINDOW + ENTRY_BYTES * (MANAGER_WINDOW >> 30))(%ebp)

    lea (boot_pdpt - MANAGER_WINDOW + PAGE_PRESENT_WRITE)(%ebp), %eax
    mov %eax, (boot_pml4 - MANAGER_WINDOW)(%ebp)
    mov %eax, (boot_pml4 - MANAGER_WINDOW + ENTRY_BYTES * DIRECT_MAP_SLOT)(%ebp)
    mov %eax, (manager_pml4 - MANAGER_WINDOW + ENTRY_BYTES * DIRECT_MAP_SLOT)(%ebp)
    lea (window_pdpt - MANAGER_WINDOW + PAGE_PRESENT_WRITE)(%ebp), %eax
    mov %eax, (manager_pml4 - MANAGER_WINDOW)(%ebp)

    /* Long mode, still at our physical place. */
to_long_mode:
    mov %cr4, %eax
    or $CR4_PAE, %eax
    mov %eax, %cr4
    lea (boot_pml4 - MANAGER_WINDOW)(%ebp), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_LME_NXE, %eax
    wrmsr
    mov %cr0, %eax
    or $CR0_PG_WP, %eax
    mov %eax, %cr0

    lea (gdt - MANAGER_WINDOW)(%ebp), %eax
    push %eax
    pushw $(gdt_end - gdt - 1)
    lgdt (%esp)
    pushl $CODE_SELECTOR
    lea (long_mode - MANAGER_WINDOW)(%ebp), %eax
    push %eax
    lret

    .globl cpu_entry
cpu_entry:
    cli
    cld
    mov %ebx, %ebp
    lea (cpu_first_stack - MANAGER_WINDOW)(%ebp), %esp
    jmp to_long_mode

stop:
    hlt
    jmp stop

    .code64
long_mode:
    mov %ebp, %ebp
    mov %ebx, %ebx
    movabs $DIRECT_MAP, %r8
    /* To our alias in the direct map, which both sets of tables have. */
    lea (direct_map_alias - MANAGER_WINDOW)(%rbp, %r8), %rax
    jmp *%rax
direct_map_alias:
    lea (manager_pml4 - MANAGER_WINDOW)(%rbp), %rax
    mov %rax, %cr3
    mov $in_window, %eax
    jmp *%rax
in_window:
    lgdt gdt_pointer
    mov $DATA_SELECTOR, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    cmpq $0, cpu_stack
    jne other_cpu
    mov $stack_end, %esp
    mov %rbp, image_physical
    lea (%rbx, %r8), %rdi
    xor %ebp, %ebp
    call manager_main
5:  hlt
    jmp 5b
other_cpu:
    mov cpu_stack, %rsp
    mov cpu_number, %edi
    xor %ebp, %ebp
    .weak manager_cpu_main
    call manager_cpu_main
    jmp 5b

    .section .rodata
    .balign 8
gdt:
    .quad 0
    .quad 0x00af9b000000ffff                /* 64-bit code */
    .quad 0x00cf93000000ffff                /* data */
gdt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .quad gdt

    .section .bss
    .globl image_physical, manager_pml4, boot_pdpt, boot_directories, window_table, stack_guard
    .balign PAGE
boot_pml4:        .skip PAGE
boot_pdpt:        .skip PAGE
boot_directories: .skip PAGE * BOOT_GIB
manager_pml4:     .skip PAGE
window_pdpt:      .skip PAGE
window_directory: .skip PAGE
window_table:     .skip PAGE
stack_guard:      .skip PAGE
    .skip 8 * PAGE
stack_end:
image_physical:   .skip 8
/* Of the CPU that comes next. */
    .globl cpu_stack, cpu_number
    .skip 64
cpu_first_stack:
cpu_stack:        .skip 8
cpu_number:       .skip 8

    .section .note.GNU-stack, "", @progbits
