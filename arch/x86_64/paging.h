/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_PAGING_H
#define ARCH_X86_64_PAGING_H

#include <stdint.h>

/* The core's own address space (arch/x86_64/layout.h): W^X, nothing mapped that the core does not need. */
enum paging_access {
    PAGING_READ = 0,
    PAGING_READ_WRITE = 1,
    PAGING_READ_EXECUTE = 2,
    PAGING_DEVICE = 3, /* read-write, uncached */
};

/* Build the tables for an image loaded at physical `image`.  Not yet in use: see paging_switch. */
void paging_init(uint64_t image);

/* Map one page, or panic when the core's table frames have run out.  `virtual` and `physical` are page aligned. */
void paging_map(uint64_t virtual, uint64_t physical, enum paging_access access);

/* Map `bytes` with 2 MiB pages, read-write; all three aligned to 2 MiB. */
void paging_map_large(uint64_t virtual, uint64_t physical, uint64_t bytes);

/* Map the registers at physical `address` uncached and return where; at boot only. */
void *paging_map_device(uint64_t address, uint64_t bytes);

/* Take away the mapping that paging_map_device() made last; while the boot CPU is alone. */
void paging_unmap_device(const void *registers);

/* Identity-map one page below 1 MiB for the start of other CPUs, and take it away again. */
void paging_map_trampoline(uint64_t page);
void paging_unmap_trampoline(uint64_t page);

/* Leave the boot tables for the core's own, on this CPU. */
void paging_switch(void);

/* Value of CR3, below 4 GiB. */
uint64_t paging_root(void);

/* Physical address of something in the core's image. */
uint64_t paging_physical_of_image(const void *in_image);

/* Rewrite page `page` (arch/x86_64/layout.h: CPU_PAGE_*) of CPU `cpu` and forget its old translation on this CPU. */
void paging_cpu_page(uint32_t cpu, uint32_t page, uint64_t physical, enum paging_access access);
/* For the window that is rewritten at every switch: the entries of that page and those after it, and what maps a
 * page read-write.  After a store INVLPG is the caller's. */
uint64_t *paging_cpu_entries(uint32_t cpu, uint32_t page);
uint64_t paging_cpu_entry(uint64_t physical);
/* The same as paging_cpu_page(), to no translation. */
void paging_cpu_unmap(uint32_t cpu, uint32_t page);

#endif
