/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_EXIT_MANAGER_H
#define VMX_EXIT_MANAGER_H

#include <stdint.h>

#include "vmx/exit.h"

/* Handle an exit of the manager, for basic exit reason `reason`.  After VCPU_RUN the current vCPU is a guest's. */
EXIT_HANDLER void exit_manager(uint32_t reason);

/* A VM entry failed, with this exit reason or VM-instruction error: the partition is stopped. */
EXIT_HANDLER void exit_entry_failed(uint64_t detail);

#endif
