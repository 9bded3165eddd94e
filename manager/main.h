/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_MAIN_H
#define MANAGER_MAIN_H

#include "abi/boot_info.h"

/* Where manager/entry.S goes: long mode, interrupts off, `info` in the direct map.  Does not return. */
void manager_main(const struct boot_info *info);

#endif
