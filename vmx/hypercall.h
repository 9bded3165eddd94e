/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_HYPERCALL_H
#define VMX_HYPERCALL_H

#include "lib/answer.h"
#include "vmx/exit.h"
#include "vmx/vcpu_state.h"

/* The manager executed VMCALL: decode, act, answer (abi/hypercall.h).  After VCPU_RUN the current vCPU is a guest's. */
EXIT_HANDLER void hypercall(void);

/* The families that need more than a call into isolation/, from the manager's registers. */
struct answer hypercall_info(uint64_t item, uint64_t index);
struct answer hypercall_info_function(uint64_t index);
struct answer hypercall_vcpu_create(const struct gpr_file *registers);
/* PARTITION_DESTROY: and the registers of its vCPUs are scrubbed. */
uint64_t hypercall_partition_destroy(uint64_t id);
/* FRAME_RECLAIM: the partition's devices are released before its tables can go. */
uint64_t hypercall_frame_reclaim(uint64_t id);
/* Devices: these take the ownership lock around isolation/device*.h, where the refusals are said.  IRQ_MAP: INVALID at
 * R10 is also a CPU that the manager does not run on. */
uint64_t hypercall_device_assign(uint64_t id, uint64_t function);
uint64_t hypercall_device_release(uint64_t function);
struct answer hypercall_pci_config(const struct gpr_file *in);
uint64_t hypercall_irq_map(const struct gpr_file *in);
uint64_t hypercall_irq_unmap(uint64_t function, uint64_t number);
uint64_t hypercall_vcpu_interrupt(uint64_t id, uint64_t vector);
/* CPU_START.  INVALID at RDI: no such CPU; at RSI or RDX: more than 32 bits.  BAD_STATE at RDI: the manager has it. */
uint64_t hypercall_cpu_start(uint64_t cpu, uint64_t entry, uint64_t value);
uint64_t hypercall_power(uint64_t action);

/* Now and then a look at what VT-d units have blocked. */
void hypercall_poll(void);

#endif
