/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_GPR_H
#define VMX_GPR_H

#include <stdint.h>

#include "abi/guest_call.h"
#include "vmx/vcpu_state.h"

/* `value` where the mask names register `number`, else 0. */
static inline uint64_t gpr_if_named(uint64_t mask, enum guest_register number, uint64_t value)
{
    return (mask >> number & 1) != 0 ? value : 0;
}

/* The twelve registers that cross between guest and manager, each only if the mask names it. */
static inline struct gpr_file gpr_disclosed(const struct gpr_file *from, uint64_t mask)
{
    return (struct gpr_file){
        .rbx = gpr_if_named(mask, GUEST_RBX, from->rbx),
        .rdx = gpr_if_named(mask, GUEST_RDX, from->rdx),
        .rsi = gpr_if_named(mask, GUEST_RSI, from->rsi),
        .rdi = gpr_if_named(mask, GUEST_RDI, from->rdi),
        .r8 = gpr_if_named(mask, GUEST_R8, from->r8),
        .r9 = gpr_if_named(mask, GUEST_R9, from->r9),
        .r10 = gpr_if_named(mask, GUEST_R10, from->r10),
        .r11 = gpr_if_named(mask, GUEST_R11, from->r11),
        .r12 = gpr_if_named(mask, GUEST_R12, from->r12),
        .r13 = gpr_if_named(mask, GUEST_R13, from->r13),
        .r14 = gpr_if_named(mask, GUEST_R14, from->r14),
        .r15 = gpr_if_named(mask, GUEST_R15, from->r15),
    };
}

static inline void gpr_take_if_named(uint64_t mask, enum guest_register number, uint64_t *to, uint64_t from)
{
    if ((mask >> number & 1) != 0) {
        *to = from;
    }
}

/* The way back: of the twelve registers, those the mask names. */
static inline void gpr_take_named(struct gpr_file *to, uint64_t mask, const struct gpr_file *from)
{
    gpr_take_if_named(mask, GUEST_RBX, &to->rbx, from->rbx);
    gpr_take_if_named(mask, GUEST_RDX, &to->rdx, from->rdx);
    gpr_take_if_named(mask, GUEST_RSI, &to->rsi, from->rsi);
    gpr_take_if_named(mask, GUEST_RDI, &to->rdi, from->rdi);
    gpr_take_if_named(mask, GUEST_R8, &to->r8, from->r8);
    gpr_take_if_named(mask, GUEST_R9, &to->r9, from->r9);
    gpr_take_if_named(mask, GUEST_R10, &to->r10, from->r10);
    gpr_take_if_named(mask, GUEST_R11, &to->r11, from->r11);
    gpr_take_if_named(mask, GUEST_R12, &to->r12, from->r12);
    gpr_take_if_named(mask, GUEST_R13, &to->r13, from->r13);
    gpr_take_if_named(mask, GUEST_R14, &to->r14, from->r14);
    gpr_take_if_named(mask, GUEST_R15, &to->r15, from->r15);
}

#endif
