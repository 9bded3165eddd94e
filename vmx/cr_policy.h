/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_CR_POLICY_H
#define VMX_CR_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/cr.h"
#include "arch/x86_64/msr.h"

/*
 * Control registers are the core's but for a list of bits: what is not listed is owned (set in the
 * guest/host mask), read from the shadow, and a write that differs from the shadow exits.
 * The same for guests and the manager.
 * Source: Intel SDM Vol. 3C, "Guest/Host Masks and Read Shadows for CR0 and CR4".
 */
#define CR_POLICY_CR0_FREE (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_WP | CR0_AM | CR0_PG)
/* Owned, and kept at what they are: NE set, CD and NW clear.  The partition sees what it wrote. */
#define CR_POLICY_CR0_SHADOWED ((uint64_t)(CR0_NE | CR0_NW | CR0_CD))
/* VMCS_CR0_MASK, and VMCS_CR0_READ_SHADOW of a new vCPU. */
#define CR_POLICY_CR0_MASK   (~(uint64_t)CR_POLICY_CR0_FREE)
#define CR_POLICY_CR0_SHADOW ((uint64_t)(CR0_NE | CR0_ET))
/* What the real CR0 always has. */
#define CR_POLICY_CR0_SET ((uint64_t)(CR0_NE | CR0_ET))

#define CR_POLICY_CR4_FREE                                                                                   \
    ((uint64_t)(CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_PGE | CR4_PCE | CR4_OSFXSR |  \
                CR4_OSXMMEXCPT | CR4_UMIP | CR4_FSGSBASE | CR4_PCIDE | CR4_OSXSAVE | CR4_SMEP | CR4_SMAP))
/* Owned, stays on, and the partition sees what it wrote. */
#define CR_POLICY_CR4_SHADOWED ((uint64_t)CR4_MCE)
/* VMCS_CR4_MASK, and VMCS_CR4_READ_SHADOW of a new vCPU. */
#define CR_POLICY_CR4_MASK   (~CR_POLICY_CR4_FREE)
#define CR_POLICY_CR4_SHADOW 0ull
/* What the real CR4 always has. */
#define CR_POLICY_CR4_SET ((uint64_t)(CR4_MCE | CR4_VMXE))

/* What a partition may set in XCR0, where the CPU has it. */
#define CR_POLICY_XCR0 ((uint64_t)(XCR0_X87 | XCR0_SSE | XCR0_AVX))

/* EFER bits a partition may write; LMA is ignored, as by hardware. */
#define CR_POLICY_EFER ((uint64_t)(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE))

/* May XCR0 be `value`?  Pure. */
static inline bool cr_policy_xcr0_is_valid(uint64_t value, uint64_t supported)
{
    return (value & ~(CR_POLICY_XCR0 & supported)) == 0 && (value & XCR0_X87) != 0 &&
           ((value & XCR0_AVX) == 0 || (value & XCR0_SSE) != 0);
}

#endif
