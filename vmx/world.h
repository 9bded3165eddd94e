/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_WORLD_H
#define VMX_WORLD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The switch between partitions on one CPU: XSAVE state, debug registers, CR2, the MSRs that VMCSs do not hold.
 * All of it eagerly, so that nothing of one partition is left in the CPU when another runs.
 */

/* Once on each CPU that enters partitions, before world_start(). */
void world_init(void);

/* WRMSR by the current vCPU of STAR, LSTAR, CSTAR, FMASK or TSC_AUX.  False where it raises #GP. */
bool world_write_msr(uint32_t msr, uint64_t value);

/* Make vCPU `slot` of `partition` this CPU's current one: its state in the window, its VMCS current. */
void world_select(uint32_t slot, uint32_t partition);

/* The same, and exchange what the CPU holds of the vCPU that was current for what it is to hold of this one. */
void world_switch(uint32_t slot, uint32_t partition);

/* Put the register state of the current vCPU on a CPU that holds none: its first. */
void world_start(void);

/* The state a vCPU starts with, in the current (zeroed) window. */
void world_reset(void);

#endif
