/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_VE_H
#define VMX_VE_H

#include <stdint.h>

#include "vmx/exit.h"

/*
 * #VE: what a TDX guest gets where other guests are emulated.  A second #VE before the guest has taken the
 * information of the first is a #DF.
 * Source: Intel TDX Module v1.5 Base Architecture Specification, "Virtualization Exception (#VE)".
 */

/* #VE for the instruction that exited for `reason`. */
enum exit_next ve_raise_instruction(uint32_t reason);
/* #VE for an EPT violation at guest-physical address `address`, shared bit included. */
enum exit_next ve_raise_memory(uint64_t address, uint64_t qualification);
/* TDG.VP.VEINFO.GET: the information goes to the guest's registers and is not valid any more.  Returns RAX. */
uint64_t ve_info_get(void);

#endif
