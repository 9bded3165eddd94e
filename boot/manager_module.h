/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_MANAGER_MODULE_H
#define BOOT_MANAGER_MODULE_H

#include <stdint.h>

#include "abi/boot_info.h"
#include "boot/multiboot2.h"

/* Find the module named "manager" and check that it is one; refuses the machine, by a sentence, if not. Reads it
 * through boot_memory().  Returns the physical address of its first instruction; *image = the frames it is in. */
uint64_t manager_module_find(const struct boot_parameters *parameters, struct boot_range *image);

/* Is this the manager's own module? */
bool manager_module_is(const struct boot_module *module);

#endif
