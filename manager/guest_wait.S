/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a guest's further CPUs begin (at GUEST_WAIT, manager/guest_layout.h; position-independent): each waits at the mailbox
 * that the MADT names until the guest calls it by its APIC id, which RSI holds; between two looks it tells the manager that
 * it waits, so that it costs next to nothing.
 * Source: ACPI Specification 6.4, "Multiprocessor Wakeup Structure".
 */
    .set MAILBOX, 0xef000           /* GUEST_MAILBOX */
    .set MAILBOX_APIC_ID, MAILBOX + 4
    .set MAILBOX_VECTOR, MAILBOX + 8
    .set COMMAND_NOOP, 0
    .set COMMAND_WAKEUP, 1
    .set WAIT_PORT, 0x604           /* GUEST_ACPI_WAIT */
    .set TDVMCALL_IO, 30            /* abi/guest_call.h */
    .set NAMED_REGISTERS, 0xfc00    /* R10 to R15 */

    .section .rodata.guest_wait, "a", @progbits
    .globl guest_wait_start, guest_wait_end
guest_wait_start:
    mov %esi, %ebp
1:  cmpw $COMMAND_WAKEUP, MAILBOX
    jne 2f
    cmp %ebp, MAILBOX_APIC_ID
    jne 2f
    mov MAILBOX_VECTOR, %rax
    movw $COMMAND_NOOP, MAILBOX
    jmp *%rax
2:  xor %eax, %eax
    mov $NAMED_REGISTERS, %ecx
    xor %r10d, %r10d
    mov $TDVMCALL_IO, %r11d
    mov $1, %r12d                   /* one byte */
    mov $1, %r13d                   /* a write */
    mov $WAIT_PORT, %r14d
    xor %r15d, %r15d
    .byte 0x66, 0x0f, 0x01, 0xcc    /* TDCALL */
    jmp 1b
guest_wait_end:

    .section .note.GNU-stack, "", @progbits
