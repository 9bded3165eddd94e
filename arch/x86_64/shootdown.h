/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_SHOOTDOWN_H
#define ARCH_SHOOTDOWN_H

#include <stdint.h>

/* What ept/ept_flush.c needs of the machine. */

/* The index of the CPU that runs this, below CPUS_MAX. */
uint32_t shootdown_this_cpu(void);

/* Sends an NMI to CPU `cpu` (below CPUS_MAX; not this one).  Its handler, and its exit by NMI, must call
 * ept_flush_acknowledge(). */
void shootdown_nmi(uint32_t cpu);

/* INVEPT of one EPT: type 1, single context.  `eptp` as in the VMCS.
 * Source: Intel SDM Vol. 3C, "INVEPT - Invalidate Translations Derived from EPT". */
void shootdown_invept(uint64_t eptp);

/* INVEPT of every EPT: type 2, all contexts. */
void shootdown_invept_all(void);

#endif
