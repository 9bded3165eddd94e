/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_STEPPING_H
#define VMX_STEPPING_H

#include <stdbool.h>
#include <stdint.h>

#include "isolation/audit.h"
#include "isolation/vcpu_types.h"

/*
 * A manager that aims its timer so that a guest executes one instruction at a time learns much from what it sees
 * in between.  An interrupt within STEPPING_TICKS of the entry counts; STEPPING_LIMIT of them in a row and the vCPU is refused
 * for STEPPING_PAUSE ticks, and the audit log says so (AUDIT_STEPPING_SUSPECTED).  It slows such an attack, no more: CLAIMS.md.
 */
#define STEPPING_TICKS 2000u /* what a switch to the guest costs, and a few hundred instructions of it */
#define STEPPING_LIMIT 16u
#define STEPPING_PAUSE 0x400000u

/* By vCPU slot; touched by the CPU that has claimed the vCPU alone.  For stepping.c alone. */
struct stepping {
    uint64_t refused_until; /* TSC */
    uint32_t in_a_row;
};
extern struct stepping stepping[VCPUS_MAX];

/*@ predicate stepping_inv{L} = \forall integer s; 0 <= s < VCPUS_MAX ==> \at(stepping[s].in_a_row,L) < STEPPING_LIMIT; */

/* vCPU `slot`, claimed by this CPU, ran for `ticks` and was interrupted. */
/*@ requires slot < VCPUS_MAX && stepping_inv;
    assigns stepping[slot], audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: stepping_inv;
    ensures long: ticks >= STEPPING_TICKS ==> stepping[slot] == {\old(stepping[slot]) \with .in_a_row = (uint32_t)0};
    ensures counted: ticks < STEPPING_TICKS && \old(stepping[slot].in_a_row) + 1 < STEPPING_LIMIT ==>
      stepping[slot] == {\old(stepping[slot]) \with .in_a_row = (uint32_t)(\old(stepping[slot].in_a_row) + 1)};
    ensures refused: ticks < STEPPING_TICKS && \old(stepping[slot].in_a_row) + 1 >= STEPPING_LIMIT ==>
      stepping[slot].in_a_row == 0 && stepping[slot].refused_until >= STEPPING_PAUSE;
*/
void stepping_note(uint32_t slot, uint64_t ticks);

/* It came back of its own accord. */
/*@ requires slot < VCPUS_MAX && stepping_inv;
    assigns stepping[slot].in_a_row;
    ensures inv: stepping_inv;
    ensures stepping[slot].in_a_row == 0;
*/
void stepping_forget(uint32_t slot);

/* The slot is a new vCPU's, claimed by this CPU: what was counted of its last one is none of its own. */
/*@ requires slot < VCPUS_MAX;
    assigns stepping[slot];
    ensures inv: stepping_inv{Pre} ==> stepping_inv;
    ensures none: stepping[slot].in_a_row == 0 && stepping[slot].refused_until == 0;
*/
void stepping_reset(uint32_t slot);

/* Is vCPU `slot` refused now? */
/*@ requires slot < VCPUS_MAX;
    assigns \nothing;
    ensures stepping[slot].refused_until == 0 ==> !\result;
*/
bool stepping_is_refused(uint32_t slot);

#endif
