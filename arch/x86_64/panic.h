/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_PANIC_H
#define ARCH_X86_64_PANIC_H

#include <stdint.h>

/* Why the core stopped.  The record on the console is `reason`, two numbers, CPU, RIP and TSC. */
enum panic_reason {
    PANIC_EXCEPTION = 1, /* vector, RIP */
    PANIC_MACHINE_CHECK = 2,
    PANIC_VMREAD = 3,        /* field */
    PANIC_VMWRITE = 4,       /* field, value */
    PANIC_VMPTRLD = 5,       /* VMCS address */
    PANIC_MANAGER_ENTRY = 6, /* VM-instruction error or exit reason, qualification */
    PANIC_INVALIDATE = 7,    /* INVEPT or INVVPID failed */
    PANIC_WINDOW = 8,        /* a window opened twice, or a frame that is no frame */
    PANIC_INVARIANT = 9,     /* isolation state contradicts itself: place, value */
    PANIC_SHOOTDOWN = 10,    /* a CPU did not acknowledge: CPU */
    PANIC_PAGING = 11,       /* the core's own tables ran out */
    PANIC_MANAGER_DEAD = 12, /* the manager can not go on: exit reason, qualification */
    PANIC_POWER = 13,        /* the machine did not go off or reset */
    PANIC_VTD = 14, /* a VT-d unit does not answer: register, its value (of the queue: fault status) */
};

/* Halt for ever if another CPU has panicked: for the NMI handler and NMI exits. */
void panic_join(void);

/* Stop every CPU, print a record on the console, halt for ever. */
_Noreturn void panic(enum panic_reason reason, uint64_t a, uint64_t b);

/* Refuse the machine at boot: one plain sentence on the console, then halt for ever. */
_Noreturn void refuse(const char *sentence);
/* The same with a name at its end (`... lacks the VMX control "unrestricted guest"`). */
_Noreturn void refuse_named(const char *sentence, const char *name);

#endif
