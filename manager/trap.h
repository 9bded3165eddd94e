/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_TRAP_H
#define MANAGER_TRAP_H

#include <stdbool.h>
#include <stdint.h>

/* What trap.S leaves on the stack. */
struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector;
    uint64_t error_code;
    uint64_t rip, cs, rflags, rsp, ss;
};

/* Load the interrupt descriptor table.  Afterwards an exception that no fix-up expects is reported on
 * the console and the machine is powered off. */
void trap_start(void);

/* Copy `bytes` that may lie in frames the manager does not have (or no longer has).  False where the core
 * denied one of them; what was copied before stays copied. */
bool guarded_copy(void *to, const void *from, uint64_t bytes);

/* A register of a device, by one access of 1, 2, 4 or 8 bytes, aligned.  False where the core denied it; `*value` is
 * unchanged then. */
bool guarded_load(uint64_t *value, uint64_t address, uint64_t bytes);
bool guarded_store(uint64_t address, uint64_t value, uint64_t bytes);

#endif
