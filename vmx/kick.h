/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_KICK_H
#define VMX_KICK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What one CPU wants of another that runs partitions, by NMI.  The handler takes no lock and waits for nobody, so
 * that whoever waits for it waits for a bounded time, whatever that CPU does: in a partition, on the way in or out, in
 * the core, waiting for the lock, halted.
 */

/* After vcpu_request(): does some CPU run vCPU `slot`?  Then it sees the request before it executes another
 * instruction of the guest, or soon after; else the manager must run it. */
bool kick_vcpu(uint32_t slot);

/* No CPU holds any of the VMCS of vCPU `slot`, which this CPU has claimed: VMCLEAR on the CPU that ran it last. */
void kick_clear_vmcs(uint32_t slot);

/* Stop the other CPUs: each leaves its guest and halts for good, holding no lock and no vCPU.  The first to ask
 * returns; another never does. */
void kick_stop_others(void);
/* Is this machine being stopped? */
bool kick_is_stopping(void);
/* This CPU left the manager, and stops. */
_Noreturn void kick_stop(void);

/* On an NMI, in VMX root operation or as an exit. */
void kick_acknowledge(void);

#endif
