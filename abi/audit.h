/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ABI_AUDIT_H
#define ABI_AUDIT_H

#include <stdint.h>

/* What the core records.  Read word by word with HYPERCALL_AUDIT_READ. */
enum audit_event {
    AUDIT_NONE = 0,
    AUDIT_BOOT = 1,                  /* a: RAM frames, b: CPUs taken */
    AUDIT_PARTITION_CREATED = 2,     /* a: partition id, b: frames */
    AUDIT_PARTITION_SEALED = 3,      /* a: partition id */
    AUDIT_PARTITION_DESTROYED = 4,   /* a: partition id */
    AUDIT_PARTITION_FREED = 5,       /* a: partition id */
    AUDIT_GUEST_KILLED = 6,          /* a: partition id, b: enum kill_reason, c: detail */
    AUDIT_MANAGER_MEMORY_DENIED = 7, /* a: physical address, b: exit qualification */
    AUDIT_MANAGER_PORT_DENIED = 8,   /* a: port, b: exit qualification */
    AUDIT_MANAGER_MSR_DENIED = 9,    /* a: MSR, b: 1 for a write, c: value */
    AUDIT_MANAGER_EXCEPTION = 10,    /* a: what it did that no rule allows (exit reason) */
    AUDIT_POWER = 11,                /* a: enum power_action */
    AUDIT_STEPPING_SUSPECTED = 12,   /* a: vCPU id */
    AUDIT_DEVICE_ASSIGNED = 13,      /* a: PCI function, b: partition id */
    AUDIT_DEVICE_RELEASED = 14,      /* a: first PCI function of the group, b: partition id */
    AUDIT_DEVICE_FAULT = 15,         /* a: PCI function, b: address it asked for, c: fault reason of VT-d */
    AUDIT_DEVICE_CUT_OFF = 16,       /* a: first PCI function of the group, b: partition id */
};

enum audit_word {
    AUDIT_WORD_SEQUENCE = 0,
    AUDIT_WORD_TSC = 1,
    AUDIT_WORD_EVENT = 2,
    AUDIT_WORD_A = 3,
    AUDIT_WORD_B = 4,
    AUDIT_WORD_C = 5,
    AUDIT_WORDS = 6,
};

#endif
