/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_HYPERCALL_H
#define VMX_HYPERCALL_H

#include "lib/answer.h"
#include "vmx/vcpu_state.h"

/* The manager executed VMCALL: decode, act, answer (abi/hypercall.h).  After VCPU_RUN the current vCPU is a guest's. */
void hypercall(void);

/* The families that need more than a call into isolation/, from the manager's registers. */
struct answer hypercall_info(uint64_t item);
struct answer hypercall_vcpu_create(const struct gpr_file *registers);
/* PARTITION_DESTROY: and the registers of its vCPUs are scrubbed. */
uint64_t hypercall_partition_destroy(uint64_t id);
uint64_t hypercall_power(uint64_t action);

#endif
