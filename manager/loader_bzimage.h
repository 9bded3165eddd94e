/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_LOADER_BZIMAGE_H
#define MANAGER_LOADER_BZIMAGE_H

#include "manager/loader.h"

/* Where the setup header begins, in the file and in boot_params, and where boot_params has no more room for it. */
enum { SETUP_HEADER = 0x1f1, SETUP_HEADER_END_MAX = 0x290 };

/* Whether it has the setup header's magic number. */
bool loader_bzimage_is(struct bytes image);

/* Plan the protected-mode part of a bzImage with a 64-bit entry point (protocol 2.12 or later) at the address
 * it prefers.  Source: Linux, Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header". */
enum loader_status loader_bzimage_plan(struct bytes image, uint64_t low_end, struct load_plan *plan,
                                       struct loader_kernel *kernel);

#endif
