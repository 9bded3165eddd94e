/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_INSN_H
#define ARCH_X86_64_INSN_H

/* In place of arch/x86_64/insn.h in tests/unit/vcpu_blank_test.c, which answers. */
#include <stdbool.h>
#include <stdint.h>

bool insn_vmclear(uint64_t vmcs);
uint64_t insn_read_gs_quadword(uint64_t offset);

#endif
