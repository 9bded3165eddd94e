/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_IMAGE_H
#define BOOT_IMAGE_H

#include <stdint.h>

/* From boot/core.lds and boot/entry.S. */
extern const uint8_t image_start[];
extern const uint8_t image_end[];

/* Leave the boot stack for the one that ends at `top`, and go on in bringup_on_own_stack(). */
_Noreturn void boot_switch_stack(uint64_t top);

/* Called by boot/entry.S on the boot tables: physical addresses of the boot information and of the image. */
_Noreturn void bringup(uint64_t boot_information, uint64_t image);
_Noreturn void bringup_on_own_stack(void);

#endif
