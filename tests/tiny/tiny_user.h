/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TINY_TINY_USER_H
#define TESTS_TINY_TINY_USER_H

#include <stdint.h>

/* A GDT with segments for user mode, a stack to come back to, SYSCALL, and one page that user mode may execute: once. */
void tiny_user_init(void);
/* VMCALL in user mode, with these in RAX, RDI, RSI, RDX, R10, R8 and RCX: the vector it raised, or TINY_NO_FAULT. */
uint32_t tiny_user_vmcall(const uint64_t of[7]);

#endif
