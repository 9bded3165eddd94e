/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_VMCS_SETUP_H
#define VMX_VMCS_SETUP_H

#include <stdint.h>

/* Fill the current VMCS, which was just cleared: host state of CPU `cpu`, controls, and the state in which the vCPU
 * of slot `slot` and partition `partition` starts. */

/* The manager: 32-bit protected mode, flat segments, paging off, at physical `entry`. */
void vmcs_setup_manager(uint32_t cpu, uint32_t slot, uint64_t entry);

/* The preemption timer of the manager: what bounds each of its entries. */
#define VMCS_SETUP_MANAGER_TICKS 0x10000000u

/* The host state alone, of CPU `cpu`: for a vCPU that comes from another one. */
void vmcs_setup_host(uint32_t cpu);

/* A guest: 64-bit mode, flat segments, at `rip` on the page tables at `cr3`. */
void vmcs_setup_guest(uint32_t cpu, uint32_t slot, uint32_t partition, uint64_t rip, uint64_t cr3);

#endif
