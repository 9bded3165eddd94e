/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/paging.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/paging_entry.h"
#include "arch/x86_64/panic.h"
#include "lib/addr.h"
#include "lib/limits.h"

struct paging_table {
    _Alignas(4096) uint64_t entry[PAGING_ENTRIES];
};
_Static_assert(sizeof(struct paging_table) == FRAME_SIZE, "a page table is one frame");

#define PAGING_TABLES 320u

extern const uint8_t image_start[];
extern const uint8_t image_rodata[];
extern const uint8_t image_data[];
extern const uint8_t image_end[];

static struct paging_table paging_tables[PAGING_TABLES]; /* the first is the root */
static uint32_t paging_used;
static struct paging_table cpu_tables[CPUS_MAX]; /* the last level of each CPU's 2 MiB */
static uint64_t image_physical;
static uint64_t device_next = LAYOUT_DEVICES;

uint64_t paging_physical_of_image(const void *in_image)
{
    return (uint64_t)in_image - LAYOUT_IMAGE + image_physical;
}

static struct paging_table *table_of_entry(uint64_t entry)
{
    return (struct paging_table *)((entry & PTE_ADDRESS_MASK) - image_physical + LAYOUT_IMAGE);
}

static uint64_t entry_of_table(const struct paging_table *table)
{
    return paging_physical_of_image(table) | PTE_PRESENT | PTE_WRITE;
}

/* The table one level down from `table` for `virtual`, made where there is none. */
static struct paging_table *table_below(struct paging_table *table, uint64_t virtual, uint32_t shift)
{
    uint64_t *entry = &table->entry[paging_index(virtual, shift)];

    if (*entry == 0) {
        if (paging_used == PAGING_TABLES) {
            panic(PANIC_PAGING, virtual, shift);
        }
        *entry = entry_of_table(&paging_tables[paging_used]);
        paging_used++;
    }
    return table_of_entry(*entry);
}

static struct paging_table *directory_of(uint64_t virtual)
{
    struct paging_table *table = table_below(&paging_tables[0], virtual, PAGING_SHIFT_PML4);

    return table_below(table, virtual, PAGING_SHIFT_PDPT);
}

static uint64_t leaf_of(uint64_t physical, enum paging_access access)
{
    switch (access) {
    case PAGING_READ:
        return physical | PTE_PRESENT | PTE_ACCESSED | PTE_NO_EXECUTE;
    case PAGING_READ_EXECUTE:
        return physical | PTE_PRESENT | PTE_ACCESSED;
    case PAGING_DEVICE:
        return physical | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_WRITE_THROUGH |
               PTE_CACHE_DISABLE | PTE_NO_EXECUTE;
    case PAGING_READ_WRITE:
        break;
    }
    return physical | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_NO_EXECUTE;
}

void paging_map(uint64_t virtual, uint64_t physical, enum paging_access access)
{
    struct paging_table *table = table_below(directory_of(virtual), virtual, PAGING_SHIFT_PD);

    table->entry[paging_index(virtual, PAGING_SHIFT_PT)] = leaf_of(physical, access);
}

void paging_map_large(uint64_t virtual, uint64_t physical, uint64_t bytes)
{
    for (uint64_t at = 0; at < bytes; at += LAYOUT_LARGE_PAGE) {
        struct paging_table *directory = directory_of(virtual + at);

        directory->entry[paging_index(virtual + at, PAGING_SHIFT_PD)] =
            leaf_of(physical + at, PAGING_READ_WRITE) | PTE_LARGE;
    }
}

void *paging_map_device(uint64_t address, uint64_t bytes)
{
    uint64_t offset = address % FRAME_SIZE;
    uint64_t at = device_next;

    for (uint64_t done = 0; done < offset + bytes; done += FRAME_SIZE) {
        paging_map(device_next, address - offset + done, PAGING_DEVICE);
        device_next += FRAME_SIZE;
    }
    device_next += FRAME_SIZE; /* a guard between any two */
    return (void *)(at + offset);
}

/* Unmap one page, whose tables exist or are made. */
static void unmap(uint64_t virtual)
{
    struct paging_table *table = table_below(directory_of(virtual), virtual, PAGING_SHIFT_PD);

    table->entry[paging_index(virtual, PAGING_SHIFT_PT)] = 0;
    insn_invlpg((const void *)virtual);
}

void paging_unmap_device(const void *registers)
{
    const uint64_t first = (uint64_t)registers / FRAME_SIZE * FRAME_SIZE;

    for (uint64_t at = first; at < device_next; at += FRAME_SIZE) {
        unmap(at);
    }
    device_next = first;
}

void paging_map_trampoline(uint64_t page)
{
    paging_map(page, page, PAGING_READ_EXECUTE);
    insn_invlpg((const void *)page);
}

void paging_unmap_trampoline(uint64_t page)
{
    unmap(page);
}

static void map_image(const uint8_t *from, const uint8_t *to, enum paging_access access)
{
    for (const uint8_t *at = from; at < to; at += FRAME_SIZE) {
        paging_map((uint64_t)at, paging_physical_of_image(at), access);
    }
}

void paging_init(uint64_t image)
{
    image_physical = image;
    paging_used = 1;
    map_image(image_start, image_rodata, PAGING_READ_EXECUTE);
    map_image(image_rodata, image_data, PAGING_READ);
    map_image(image_data, image_end, PAGING_READ_WRITE);
    for (uint32_t cpu = 0; cpu < CPUS_MAX; cpu++) {
        uint64_t virtual = LAYOUT_CPUS + (uint64_t)cpu * LAYOUT_LARGE_PAGE;
        struct paging_table *directory = directory_of(virtual);

        directory->entry[paging_index(virtual, PAGING_SHIFT_PD)] = entry_of_table(&cpu_tables[cpu]);
    }
}

uint64_t paging_root(void)
{
    return paging_physical_of_image(&paging_tables[0]);
}

void paging_switch(void)
{
    insn_write_cr3(paging_root());
}

void paging_cpu_page(uint32_t cpu, uint32_t page, uint64_t physical, enum paging_access access)
{
    uint64_t virtual = LAYOUT_CPUS + (uint64_t)cpu * LAYOUT_LARGE_PAGE + (uint64_t)page * FRAME_SIZE;

    cpu_tables[cpu].entry[page] = leaf_of(physical, access);
    insn_invlpg((const void *)virtual);
}

uint64_t *paging_cpu_entries(uint32_t cpu, uint32_t page)
{
    return &cpu_tables[cpu].entry[page];
}

uint64_t paging_cpu_entry(uint64_t physical)
{
    return leaf_of(physical, PAGING_READ_WRITE);
}

void paging_cpu_unmap(uint32_t cpu, uint32_t page)
{
    uint64_t virtual = LAYOUT_CPUS + (uint64_t)cpu * LAYOUT_LARGE_PAGE + (uint64_t)page * FRAME_SIZE;

    cpu_tables[cpu].entry[page] = 0;
    insn_invlpg((const void *)virtual);
}
