/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_BOOT_INFO_H
#define BOOT_BOOT_INFO_H

#include "abi/boot_info.h"
#include "boot/memory_map.h"
#include "boot/multiboot2.h"
#include "lib/addr.h"

/* Write what the manager is told at its start into `frame`, which is the manager's. */
void boot_info_write(hfn_t frame, const struct boot_parameters *parameters, const struct memory_map *map);

#endif
