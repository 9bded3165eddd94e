/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot sector of the L0 disk: reads what the block in sector 1 lists into RAM by ATA PIO, in 32-bit
 * protected mode, and enters a kernel by the PVH entry (Xen "x86/HVM direct boot ABI").  GRUB would take
 * minutes of emulated reading for the same.  tools/nested/disk.py writes sector 1 and the rest.
 */
#define BLOCK 0x8000             /* sector 1: entry, load list, hvm_start_info, module, command line */
#define BLOCK_ENTRY (BLOCK + 0)  /* address to enter */
#define BLOCK_LOADS (BLOCK + 8)  /* {first sector, sectors, address} ..., ended by sectors = 0 */
#define BLOCK_START_INFO (BLOCK + 0x40)
#define START_INFO_MEMMAP_ENTRIES (BLOCK_START_INFO + 48)
#define MEMMAP 0x9000            /* E820 entries in hvm_memmap_table_entry form, 24 bytes each */
#define MEMMAP_ENTRY_BYTES 24
#define SMAP 0x534d4150          /* "SMAP" */

#define ATA_DATA 0x1f0
#define ATA_SECTOR_COUNT 0x1f2
#define ATA_LBA_LOW 0x1f3
#define ATA_LBA_MID 0x1f4
#define ATA_LBA_HIGH 0x1f5
#define ATA_DEVICE 0x1f6
#define ATA_COMMAND 0x1f7
#define ATA_READ_SECTORS 0x20
#define ATA_DEVICE_LBA 0xe0
#define ATA_BUSY_DRQ_ERROR 0x89
#define ATA_DRQ 0x08
#define ATA_SECTORS_A_COMMAND 256

    .code16
    .globl _start
_start:
    cli
    ljmp $0, $1f
1:  xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7c00, %sp

    /* The memory map, while there is a BIOS to ask. */
    movw $MEMMAP, %di
    xorl %ebx, %ebx
    xorl %ebp, %ebp
1:  movl $0xe820, %eax
    movl $20, %ecx
    movl $SMAP, %edx
    int $0x15
    jc 2f
    cmpl $SMAP, %eax
    jne 2f
    movl $0, 20(%di)
    addw $MEMMAP_ENTRY_BYTES, %di
    incl %ebp
    testl %ebx, %ebx
    jnz 1b
2:  cli
    inb $0x92, %al
    orb $2, %al
    outb %al, $0x92
    lgdtl gdt_pointer
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmp $8, $protected

    .code32
protected:
    movw $16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $0x7c00, %esp
    cld
    movl $1, %ebx
    movl $1, %ecx
    movl $BLOCK, %edi
    call read_sectors
    movl $BLOCK_LOADS, %esi
1:  movl (%esi), %ebx
    movl 4(%esi), %ecx
    movl 8(%esi), %edi
    jecxz 2f
    addl $12, %esi
    pushl %esi
    call read_sectors
    popl %esi
    jmp 1b
2:  movl %ebp, START_INFO_MEMMAP_ENTRIES
    movl $BLOCK_START_INFO, %ebx
    jmp *BLOCK_ENTRY

/* Read ECX sectors from sector EBX on to EDI; changes EAX, EBX, ECX, EDX, ESI, EDI. */
read_sectors:
    movl $ATA_SECTORS_A_COMMAND, %esi
    cmpl %esi, %ecx
    jae 1f
    movl %ecx, %esi
1:  subl %esi, %ecx
    pushl %ecx
    movl %esi, %eax            /* 256 is written as 0 */
    movw $ATA_SECTOR_COUNT, %dx
    outb %al, %dx
    movl %ebx, %eax
    incl %edx                  /* ATA_LBA_LOW, MID, HIGH, DEVICE */
    outb %al, %dx
    shrl $8, %eax
    incl %edx
    outb %al, %dx
    shrl $8, %eax
    incl %edx
    outb %al, %dx
    movb %ah, %al
    orb $ATA_DEVICE_LBA, %al
    incl %edx
    outb %al, %dx
    movb $ATA_READ_SECTORS, %al
    incl %edx
    outb %al, %dx
    addl %esi, %ebx
2:  movw $ATA_COMMAND, %dx
    inb %dx, %al
    andb $ATA_BUSY_DRQ_ERROR, %al
    testb $0x80, %al
    jnz 2b
    testb $0x01, %al
    jnz failed
    testb $ATA_DRQ, %al
    jz 2b
    movl $128, %ecx
    movw $ATA_DATA, %dx
    rep insl
    decl %esi
    jnz 2b
    popl %ecx
    testl %ecx, %ecx
    jnz read_sectors
    ret

failed:
    movb $'!', %al
    outb %al, $0xe9
    movw $0x8900, %dx
    movb $'D', %al
    outb %al, %dx
3:  hlt
    jmp 3b

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff
    .quad 0x00cf93000000ffff
gdt_pointer:
    .word . - gdt - 1
    .long gdt

    .org 510
    .word 0xaa55
