/* SPDX-License-Identifier: Apache-2.0 */
/* A guest that says TEXT on COM1 and then does ENDING; both are macros given on gcc's command line. */
#define TDCALL .byte 0x66, 0x0f, 0x01, 0xcc

    .globl _start
_start:
    mov $0x90000, %esp
    lea text(%rip), %rbx
next:
    movzbl (%rbx), %r15d
    test %r15d, %r15d
    jz end
    mov $0x3f8, %r14d
    call out
    inc %rbx
    jmp next
end:
    ENDING
stay:
    jmp stay

/* TDG.VP.VMCALL<Instruction.IO>: one byte R15 to port R14. */
out:
    xor %eax, %eax
    mov $0xfc00, %ecx
    xor %r10d, %r10d
    mov $30, %r11d
    mov $1, %r12d
    mov $1, %r13d
    TDCALL
    ret

text:
    .asciz TEXT
