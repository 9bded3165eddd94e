/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_INSN_H
#define ARCH_X86_64_INSN_H

/* In place of arch/x86_64/insn.h in tests/unit/paging_test.c, which answers. */
#include <stdint.h>

uint64_t insn_read_gs_quadword(uint64_t offset);
void insn_write_cr3(uint64_t value);
void insn_invlpg(const void *address);
void insn_zero_quadwords(void *to, uint64_t count);
void insn_clflush(const void *at);

static inline void insn_mfence(void)
{
}

#endif
