/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_GPR_MASK_H
#define VMX_GPR_MASK_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/guest_call.h"

/* The bit of a mask of registers that names register `number` (enum guest_register). */
#define GPR_MASK_OF(number) (1ull << (number))

/*@ logic integer gpr_named(integer mask, integer bit) = mask / bit % 2;
    // The calls that are made name R10 and R11, and no register but RBX RDX RSI RDI R8-R15.
    predicate gpr_mask_ok(integer mask) = 0 <= mask < 65536 && mask % 4 == 0 && mask / 16 % 4 == 0 && mask / 1024 % 4 == 3;
*/

/* Does the mask name the register of this bit? */
/*@ requires bit > 0;
    assigns \nothing;
    ensures \result <==> gpr_named(mask, bit) == 1;
*/
static inline bool gpr_mask_names(uint64_t mask, uint64_t bit)
{
    return mask / bit % 2u != 0;
}

/* Does a TDVMCALL's mask name the registers without which there is no call and no answer, R10 and R11, and none that must
 * not be disclosed (TDVMCALL_MASK_ALLOWED)? */
/*@ assigns \nothing;
    ensures \result <==> gpr_mask_ok(mask);
*/
static inline bool gpr_mask_is_valid(uint64_t mask)
{
    return mask < GPR_MASK_OF(GUEST_R15 + 1) && mask % GPR_MASK_OF(GUEST_RDX) == 0 &&
           mask / GPR_MASK_OF(GUEST_RSP) % 4u == 0 && mask / GPR_MASK_OF(GUEST_R10) % 4u == 3u;
}

/* What a register becomes: `value` where the mask names it, else what it was. */
/*@ requires bit > 0;
    assigns \nothing;
    ensures \result == (gpr_named(mask, bit) == 1 ? value : was);
*/
static inline uint64_t gpr_mask_taken(uint64_t mask, uint64_t bit, uint64_t value, uint64_t was)
{
    return gpr_mask_names(mask, bit) ? value : was;
}

#endif
