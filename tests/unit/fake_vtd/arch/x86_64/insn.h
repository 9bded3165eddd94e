/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_INSN_H
#define ARCH_X86_64_INSN_H

/* In place of arch/x86_64/insn.h: tests/unit/iommu_vtd_test.c counts what is written back. */
void insn_clflush(const void *at);

static inline void insn_mfence(void)
{
}

static inline void insn_pause(void)
{
}

#endif
