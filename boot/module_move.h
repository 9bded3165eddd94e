/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_MODULE_MOVE_H
#define BOOT_MODULE_MOVE_H

#include <stdbool.h>

#include "boot/memory_map.h"
#include "boot/multiboot2.h"

/*
 * Under UEFI, GRUB puts small modules below 1 MiB, which is no partition's RAM: copy such a module to RAM of `map`
 * below 4 GiB, mark that as kept, and say its new address in *module.  False, with nothing changed, where the module is
 * not below 1 MiB as a whole, or where there is no room for it.
 */
bool module_move_up(struct boot_module *module, struct memory_map *map);

#endif
