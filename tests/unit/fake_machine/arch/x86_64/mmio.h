/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_MMIO_H
#define ARCH_X86_64_MMIO_H

/* In place of arch/x86_64/mmio.h: `block` is a physical address in disguise (fake_machine.c: paging_map_device). */
#include <stdint.h>

uint32_t mmio_read32(const void *block, uint64_t offset);
void mmio_write8(void *block, uint64_t offset, uint8_t value);
void mmio_write16(void *block, uint64_t offset, uint16_t value);
void mmio_write32(void *block, uint64_t offset, uint32_t value);

#endif
