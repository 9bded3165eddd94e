/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_BOOT_MEMORY_H
#define BOOT_BOOT_MEMORY_H

#include <stdint.h>

/*
 * Physical memory as early boot can reach it: a pointer to the `bytes` bytes from physical `address`
 * on, or NULL where any of them is out of reach (early boot identity-maps the first 4 GiB) or the
 * range wraps.  Implemented by the bring-up; by a fake in the unit tests.
 */
const void *boot_memory(uint64_t address, uint64_t bytes);

#endif
