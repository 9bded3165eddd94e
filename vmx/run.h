/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_RUN_H
#define VMX_RUN_H

#include "arch/x86_64/percpu.h"
#include "vmx/exit.h"

/* HYPERCALL_VCPU_RUN, from the manager's registers in the current window: this CPU's current vCPU is then the
 * guest's, or still the manager's with a status in its RAX. */
EXIT_HANDLER void run_start(void);

/* A guest is about to be entered: is there something the manager must know first?  Arms the preemption timer. */
enum exit_next run_before_entry(struct percpu *this);

/* VCPU_RUN returns: this CPU's current vCPU is the manager's again, with what run_return_* said. */
EXIT_HANDLER void run_finish(void);

#endif
