/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_PAGING_ENTRY_H
#define ARCH_X86_64_PAGING_ENTRY_H

#include <stdint.h>

/* One entry of the core's own tables.  Source: Intel SDM Vol. 3A, "4-Level Paging and 5-Level Paging". */
enum paging_entry_bits {
    PTE_PRESENT = 1u << 0,
    PTE_WRITE = 1u << 1,
    PTE_WRITE_THROUGH = 1u << 3,
    PTE_CACHE_DISABLE = 1u << 4,
    PTE_ACCESSED = 1u << 5,
    PTE_DIRTY = 1u << 6,
    PTE_LARGE = 1u << 7,
};
#define PTE_NO_EXECUTE   (1ull << 63)
#define PTE_ADDRESS_MASK 0x000ffffffffff000ull

#define PAGING_ENTRIES    512u
#define PAGING_SHIFT_PML4 39u
#define PAGING_SHIFT_PDPT 30u
#define PAGING_SHIFT_PD   21u
#define PAGING_SHIFT_PT   12u

static inline uint32_t paging_index(uint64_t virtual, uint32_t shift)
{
    return (uint32_t)(virtual >> shift) & (PAGING_ENTRIES - 1);
}

#endif
