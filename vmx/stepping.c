/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/stepping.h"

#include "abi/audit.h"
#include "arch/x86_64/tsc.h"

struct stepping stepping[VCPUS_MAX];

void stepping_note(uint32_t slot, uint64_t ticks)
{
    if (ticks >= STEPPING_TICKS) {
        stepping[slot].in_a_row = 0;
        return;
    }
    stepping[slot].in_a_row++;
    if (stepping[slot].in_a_row >= STEPPING_LIMIT) {
        stepping[slot].in_a_row = 0;
        stepping[slot].refused_until = tsc_read() + STEPPING_PAUSE;
        audit_record(AUDIT_STEPPING_SUSPECTED, slot, 0, 0);
    }
}

void stepping_forget(uint32_t slot)
{
    stepping[slot].in_a_row = 0;
}

void stepping_reset(uint32_t slot)
{
    stepping[slot].in_a_row = 0;
    stepping[slot].refused_until = 0;
}

bool stepping_is_refused(uint32_t slot)
{
    return stepping[slot].refused_until != 0 && tsc_read() < stepping[slot].refused_until;
}
