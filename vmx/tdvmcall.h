/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_TDVMCALL_H
#define VMX_TDVMCALL_H

#include "vmx/exit.h"
#include "vmx/vcpu_state.h"

/*
 * TDG.VP.VMCALL: what a guest asks of its host.  The core answers all but port and memory I/O, which go to
 * the manager with the registers that the guest's mask names, and with no other.
 * Source: Intel TDX Guest-Host Communication Interface (GHCI), "TDG.VP.VMCALL Leafs".
 */

/* The current vCPU made one: RCX = mask, R10 = 0, R11 = function. */
EXIT_HANDLER enum exit_next tdvmcall(void);

/* The manager's answer to the call that waits (call_mask not 0; otherwise nothing happens): with the guest's
 * VMCS and state current, before it is entered again.  `reply` is the core's copy of the manager's registers:
 * those named by the mask of the call are taken, no other. */
EXIT_HANDLER void tdvmcall_reply(const struct gpr_file *reply);

#endif
