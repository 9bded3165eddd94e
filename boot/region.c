/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/region.h"

#include "arch/x86_64/layout.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/panic.h"
#include "isolation/frame.h"
#include "vmx/vcpu_frames.h"

#define FRAMES_PER_LARGE_PAGE (LAYOUT_LARGE_PAGE / FRAME_SIZE)

static hfn_t region_first;
static hfn_t region_next;
static hfn_t region_end;

static uint64_t large_pages(uint64_t bytes)
{
    return (bytes + LAYOUT_LARGE_PAGE - 1) / LAYOUT_LARGE_PAGE;
}

static uint64_t array_frames(const struct region_plan *plan)
{
    return FRAMES_PER_LARGE_PAGE * (large_pages(plan->frame_limit * sizeof(struct frame)) +
                                    large_pages((uint64_t)plan->table_limit * sizeof(struct table)) +
                                    large_pages((uint64_t)plan->table_limit * sizeof(struct table_tag)));
}

void region_take(struct memory_map *map, const struct region_plan *plan)
{
    uint64_t size =
        array_frames(plan) + (uint64_t)plan->cpus * (CPU_STACKS_PAGES + 1) + VCPUS_MAX * VCPU_FRAMES + 1;

    if (!memory_map_take_region(map, size, FRAMES_PER_LARGE_PAGE, plan->frame_limit, &region_first)) {
        refuse("This machine has too little memory in one piece for the core's own tables.");
    }
    region_next = region_first;
    region_end = region_first + size;
}

hfn_t region_frames(uint64_t count)
{
    hfn_t first = region_next;

    if (count > region_end - region_next) {
        panic(PANIC_PAGING, region_next, count);
    }
    region_next += count;
    return first;
}

static hfn_t map_array(uint64_t virtual, uint64_t bytes)
{
    uint64_t pages = large_pages(bytes);
    hfn_t first = region_frames(pages * FRAMES_PER_LARGE_PAGE);

    paging_map_large(virtual, address_of_frame(first), pages * LAYOUT_LARGE_PAGE);
    return first;
}

static hfn_t tables_first;

void region_map_arrays(const struct region_plan *plan)
{
    map_array(LAYOUT_FRAMES, plan->frame_limit * sizeof(struct frame));
    tables_first = map_array(LAYOUT_TABLES, (uint64_t)plan->table_limit * sizeof(struct table));
    map_array(LAYOUT_TAGS, (uint64_t)plan->table_limit * sizeof(struct table_tag));
}

hfn_t region_tables(void)
{
    return tables_first;
}

static void map_stack(uint32_t cpu, uint32_t page, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++) {
        paging_cpu_page(cpu, page + i, address_of_frame(region_frames(1)), PAGING_READ_WRITE);
    }
}

void region_map_stacks(uint32_t cpu)
{
    map_stack(cpu, CPU_PAGE_STACK, CPU_STACK_PAGES);
    map_stack(cpu, CPU_PAGE_NMI_STACK, CPU_SMALL_STACK_PAGES);
    map_stack(cpu, CPU_PAGE_FAULT_STACK, CPU_SMALL_STACK_PAGES);
    map_stack(cpu, CPU_PAGE_MC_STACK, CPU_SMALL_STACK_PAGES);
}

uint64_t region_size(void)
{
    return region_end - region_first;
}
