/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_INSTRUCTION_CHECK_H
#define VMX_INSTRUCTION_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Are the four bytes at linear address `rip` of the current vCPU, in 64-bit mode, TDCALL?  Reads them through
 * a bounded walk of the guest's tables, of which every page must be the guest's private RAM; a walk that fails
 * answers no.  Addresses found to be TDCALL are kept per vCPU: a guest that then changes them fools only itself.
 */
bool instruction_check_is_tdcall(uint64_t rip);

#endif
