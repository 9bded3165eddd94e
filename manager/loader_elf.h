/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_LOADER_ELF_H
#define MANAGER_LOADER_ELF_H

#include "manager/loader.h"

/* Whether it begins as an ELF file does. */
bool loader_elf_is(struct bytes image);

/* Plan the segments of an executable for x86-64 at their physical addresses, all within
 * [GUEST_RAM1, low_end).  Source: System V ABI, "Object Files". */
enum loader_status loader_elf_plan(struct bytes image, uint64_t low_end, struct load_plan *plan,
                                   struct loader_kernel *kernel);

#endif
