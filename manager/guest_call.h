/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_GUEST_CALL_H
#define MANAGER_GUEST_CALL_H

#include <stdint.h>

#include "manager/guest.h"

/* What a guest call asks for besides its answer. */
enum guest_wish {
    GUEST_WISH_NOTHING = 0,
    GUEST_WISH_POWER_OFF = 1,
    GUEST_WISH_RESET = 2,
    GUEST_WISH_WAIT = 3, /* the vCPU has nothing to do for a while */
};

/* Answer the guest call that `vcpu` stopped with (RUN_GUEST_CALL): port I/O and MMIO go to its devices; the
 * answer stands in its registers for the next run.  `shared_bit` is the bit's position. */
enum guest_wish guest_call_answer(struct guest *guest, struct guest_vcpu *vcpu, uint64_t shared_bit);

#endif
