/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_TDCALL_H
#define VMX_TDCALL_H

#include "vmx/exit.h"

/* TDCALL is `66 0F 01 CC`, whichever way it came to the core. */
#define TDCALL_BYTES  0xcc010f66u /* as a little-endian number */
#define TDCALL_LENGTH 4u
#define TDCALL_LEAVES 32u /* RAX below this may be a TDCALL */

/* The current vCPU executed TDCALL at CPL 0 in 64-bit mode: RAX = leaf.  Moves RIP on; RAX = status.
 * Source: Intel TDX Module v1.5 ABI Definition, "Guest-Side (TDCALL) Interface Functions". */
EXIT_HANDLER enum exit_next tdcall(void);

#endif
