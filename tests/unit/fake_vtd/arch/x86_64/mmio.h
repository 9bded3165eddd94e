/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_MMIO_H
#define ARCH_X86_64_MMIO_H

/* In place of arch/x86_64/mmio.h: the units that tests/unit/iommu_vtd_test.c models. */
#include <stdint.h>

uint32_t mmio_read32(const void *block, uint64_t offset);
uint64_t mmio_read64(const void *block, uint64_t offset);
void mmio_write32(void *block, uint64_t offset, uint32_t value);
void mmio_write64(void *block, uint64_t offset, uint64_t value);

#endif
