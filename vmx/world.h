/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_WORLD_H
#define VMX_WORLD_H

#include <stdint.h>

/*
 * The switch between partitions on one CPU: XSAVE state, debug registers, CR2, the MSRs that VMCSs do not hold.
 * All of it eagerly, so that nothing of one partition is left in the CPU when another runs.
 */

/* Make vCPU `slot` of `partition` this CPU's current one: its state in the window, its VMCS current. */
void world_select(uint32_t slot, uint32_t partition);

/* Take the register state of the current vCPU off the CPU, into its window. */
void world_save(void);

/* Put the register state of the current vCPU on the CPU, from its window. */
void world_restore(void);

/* The state a vCPU starts with, in the current (zeroed) window. */
void world_reset(void);

#endif
