/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_GPR_H
#define VMX_GPR_H

#include <stdint.h>

#include "abi/guest_call.h"
#include "vmx/vcpu_state.h"

/* Registers that a mask may name: the usual calls name none of those below R10, and all of the others. */
#define GPR_LOW_REGISTERS  ((1ull << GUEST_R10) - 1u)
#define GPR_HIGH_REGISTERS (0x3full << GUEST_R10)

/*@ requires number <= GUEST_R15 && \valid(to);
    assigns *to;
*/
static inline void gpr_take_if_named(uint64_t mask, enum guest_register number, uint64_t *to, uint64_t from)
{
    if ((mask >> number & 1) != 0) {
        *to = from;
    }
}

/*@ requires \valid(to) && \valid_read(from);
    assigns to->r10, to->r11, to->r12, to->r13, to->r14, to->r15;
*/
static inline void gpr_take_high(struct gpr_file *to, const struct gpr_file *from)
{
    to->r10 = from->r10;
    to->r11 = from->r11;
    to->r12 = from->r12;
    to->r13 = from->r13;
    to->r14 = from->r14;
    to->r15 = from->r15;
}

/*@ requires \valid(to) && \valid_read(from);
    assigns to->r9, to->r8, to->rdi, to->rsi, to->rbx, to->rdx;
*/
static inline void gpr_take_low(struct gpr_file *to, const struct gpr_file *from)
{
    to->r9 = from->r9;
    to->r8 = from->r8;
    to->rdi = from->rdi;
    to->rsi = from->rsi;
    to->rbx = from->rbx;
    to->rdx = from->rdx;
}

/* Of the twelve registers that cross between guest and manager, those the mask names. */
/*@ requires \valid(to) && \valid_read(from);
    assigns to->rbx, to->rdx, to->rsi, to->rdi, to->r8, to->r9, to->r10, to->r11, to->r12, to->r13, to->r14, to->r15;
*/
static inline void gpr_take_named(struct gpr_file *to, uint64_t mask, const struct gpr_file *from)
{
    if ((mask & GPR_LOW_REGISTERS) != 0) {
        gpr_take_if_named(mask, GUEST_RBX, &to->rbx, from->rbx);
        gpr_take_if_named(mask, GUEST_RDX, &to->rdx, from->rdx);
        gpr_take_if_named(mask, GUEST_RSI, &to->rsi, from->rsi);
        gpr_take_if_named(mask, GUEST_RDI, &to->rdi, from->rdi);
        gpr_take_if_named(mask, GUEST_R8, &to->r8, from->r8);
        gpr_take_if_named(mask, GUEST_R9, &to->r9, from->r9);
    }
    if ((mask & GPR_HIGH_REGISTERS) == GPR_HIGH_REGISTERS) {
        gpr_take_high(to, from);
        return;
    }
    gpr_take_if_named(mask, GUEST_R10, &to->r10, from->r10);
    gpr_take_if_named(mask, GUEST_R11, &to->r11, from->r11);
    gpr_take_if_named(mask, GUEST_R12, &to->r12, from->r12);
    gpr_take_if_named(mask, GUEST_R13, &to->r13, from->r13);
    gpr_take_if_named(mask, GUEST_R14, &to->r14, from->r14);
    gpr_take_if_named(mask, GUEST_R15, &to->r15, from->r15);
}

#endif
