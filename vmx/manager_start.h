/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_MANAGER_START_H
#define VMX_MANAGER_START_H

#include <stdint.h>

/*
 * Enter the manager for the first time on this CPU, in VMX root operation and with everything taken.
 *   entry      physical address of its first instruction
 *   boot_info  physical address of the page with its struct boot_info
 */
/* smp_given() does it on another CPU, where the manager asked for that by CPU_START. */
_Noreturn void manager_start(uint64_t entry, uint64_t boot_info);

#endif
