/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_STEPPING_H
#define VMX_STEPPING_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A manager that aims its timer so that a guest executes one instruction at a time learns much from what it sees
 * in between.  An interrupt within STEPPING_TICKS of the entry counts; STEPPING_LIMIT of them in a row and the vCPU is refused
 * for STEPPING_PAUSE ticks, and the audit log says so (AUDIT_STEPPING_SUSPECTED).  It slows such an attack, no more: CLAIMS.md.
 */
#define STEPPING_TICKS 2000u /* what a switch to the guest costs, and a few hundred instructions of it */
#define STEPPING_LIMIT 16u
#define STEPPING_PAUSE 0x400000u

/* vCPU `slot`, claimed by this CPU, ran for `ticks` and was interrupted. */
void stepping_note(uint32_t slot, uint64_t ticks);

/* It came back of its own accord. */
void stepping_forget(uint32_t slot);

/* Is vCPU `slot` refused now? */
bool stepping_is_refused(uint32_t slot);

#endif
