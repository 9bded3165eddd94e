/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/paging.h"

#include "lib/memory.h"
#include "manager/insn.h"
#include "manager/physical.h"

/* SDM Vol. 3A, "4-Level Paging and 5-Level Paging". */
enum {
    PAGE_PRESENT = 1 << 0,
    PAGE_WRITE = 1 << 1,
    PAGE_LARGE = 1 << 7,
    TABLE_ENTRIES = 512,
    BOOT_GIB = 4, /* what manager/entry.S has mapped */
};
#define PAGE_NO_EXECUTE (1ull << 63)
#define LARGE_PAGE_SIZE 0x200000ull
#define GIB_FRAMES      0x40000ull

extern const char image_start[], image_text_end[], image_rodata_end[], image_end[], stack_guard[];
extern uint64_t manager_pml4[], boot_pdpt[], boot_directories[], window_table[];
extern uint64_t image_physical;

static uint64_t physical_of(const void *in_window)
{
    return (uintptr_t)in_window - MANAGER_WINDOW + image_physical;
}

static uint64_t window_rights(uintptr_t page)
{
    if (page < (uintptr_t)image_text_end) {
        return PAGE_PRESENT;
    }
    if (page < (uintptr_t)image_rodata_end) {
        return PAGE_PRESENT | PAGE_NO_EXECUTE;
    }
    return page == (uintptr_t)stack_guard ? 0 : PAGE_PRESENT | PAGE_WRITE | PAGE_NO_EXECUTE;
}

static void protect_window(void)
{
    for (uintptr_t page = (uintptr_t)image_start; page < (uintptr_t)image_end; page += FRAME_SIZE) {
        window_table[(page - MANAGER_WINDOW) / FRAME_SIZE] =
            physical_of((const void *)page) | window_rights(page);
    }
}

static void fill_directory(uint64_t *directory, uint64_t gib)
{
    for (uint64_t i = 0; i < TABLE_ENTRIES; i++) {
        directory[i] = ((gib * TABLE_ENTRIES + i) * LARGE_PAGE_SIZE) | PAGE_PRESENT | PAGE_WRITE |
                       PAGE_LARGE | PAGE_NO_EXECUTE;
    }
}

void paging_join(void)
{
    insn_write_cr3(physical_of(manager_pml4));
}

static bool map_gib(struct memory *memory, uint64_t gib)
{
    const uint64_t frame = memory_take(memory, 1, 1);

    if (frame == MEMORY_NONE) {
        return false;
    }
    fill_directory(physical_at(address_of_frame(frame)), gib);
    boot_pdpt[gib] = address_of_frame(frame) | PAGE_PRESENT | PAGE_WRITE;
    return true;
}

bool paging_map(struct memory *memory, uint64_t address)
{
    const uint64_t gib = frame_of_address(address - DIRECT_MAP) / GIB_FRAMES;

    return gib < TABLE_ENTRIES && (boot_pdpt[gib] != 0 || map_gib(memory, gib));
}

bool paging_start(struct memory *memory, uint64_t frames_end)
{
    protect_window();
    for (uint64_t gib = 0; gib < BOOT_GIB; gib++) {
        fill_directory(boot_directories + gib * TABLE_ENTRIES, gib);
    }
    for (uint64_t gib = BOOT_GIB; gib * GIB_FRAMES < frames_end && gib < TABLE_ENTRIES; gib++) {
        if (!map_gib(memory, gib)) {
            return false;
        }
    }
    paging_join();
    return true;
}
