/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_GUEST_REGISTER_H
#define VMX_GUEST_REGISTER_H

#include <stddef.h>
#include <stdint.h>

#include "abi/guest_call.h"
#include "vmx/vcpu_state.h"

/* The registers of struct gpr_file in the order in which it has them: R15 first, no RSP. */
#define GUEST_REGISTER_LAST 15u
_Static_assert(offsetof(struct gpr_file, r15) == 0, "R15 is first");
_Static_assert(offsetof(struct gpr_file, rbp) == (GUEST_REGISTER_LAST - GUEST_RBP) * 8u, "down to RBP");
_Static_assert(offsetof(struct gpr_file, rbx) == (GUEST_REGISTER_LAST - 1u - GUEST_RBX) * 8u, "without RSP");
_Static_assert(offsetof(struct gpr_file, rax) == (GUEST_REGISTER_LAST - 1u) * 8u, "RAX is last");

/* Register `number` (enum guest_register, not GUEST_RSP, which is in the VMCS). */
static inline uint64_t *guest_register(struct gpr_file *gpr, uint32_t number)
{
    return (uint64_t *)gpr + (GUEST_REGISTER_LAST - number - (number < GUEST_RSP ? 1u : 0u));
}

static inline uint64_t guest_register_value(const struct gpr_file *gpr, uint32_t number)
{
    return ((const uint64_t *)gpr)[GUEST_REGISTER_LAST - number - (number < GUEST_RSP ? 1u : 0u)];
}

#endif
