/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_MMIO_H
#define ARCH_X86_64_MMIO_H

#include <stdint.h>

/*
 * Registers of devices: the one place where the core reads or writes through volatile.
 * `block` is where paging_map_device() mapped the register block, `offset` is in bytes.
 */
static inline uint8_t mmio_read8(const void *block, uint64_t offset)
{
    return *((const volatile uint8_t *)block + offset);
}

static inline uint32_t mmio_read32(const void *block, uint64_t offset)
{
    return *(const volatile uint32_t *)((const volatile uint8_t *)block + offset);
}

static inline uint64_t mmio_read64(const void *block, uint64_t offset)
{
    return *(const volatile uint64_t *)((const volatile uint8_t *)block + offset);
}

static inline void mmio_write8(void *block, uint64_t offset, uint8_t value)
{
    *((volatile uint8_t *)block + offset) = value;
}

static inline void mmio_write16(void *block, uint64_t offset, uint16_t value)
{
    *(volatile uint16_t *)((volatile uint8_t *)block + offset) = value;
}

static inline void mmio_write32(void *block, uint64_t offset, uint32_t value)
{
    *(volatile uint32_t *)((volatile uint8_t *)block + offset) = value;
}

static inline void mmio_write64(void *block, uint64_t offset, uint64_t value)
{
    *(volatile uint64_t *)((volatile uint8_t *)block + offset) = value;
}

#endif
