/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_MSR_SAFE_H
#define ARCH_X86_64_MSR_SAFE_H

#include <stdbool.h>
#include <stdint.h>

/* RDMSR and WRMSR of an MSR that the CPU may lack, or with a value that it may refuse: false on #GP. */
bool msr_safe_read(uint32_t msr, uint64_t *value);
bool msr_safe_write(uint32_t msr, uint64_t value);

/* arch/x86_64/msr_safe.S: the two instructions that may fault, and where they go on then. */
extern const uint8_t msr_safe_read_at[];
extern const uint8_t msr_safe_write_at[];
extern const uint8_t msr_safe_failed[];

#endif
