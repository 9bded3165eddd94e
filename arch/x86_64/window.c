/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/window.h"

#include <stdbool.h>

#include "arch/x86_64/insn.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/percpu.h"
#include "lib/limits.h"

#define QUADWORDS_PER_FRAME (FRAME_SIZE / 8u)
#define CACHE_LINE_BYTES    64u

static bool writes_back; /* set once, at boot */

static void *cpu_page_address(uint32_t cpu, uint32_t page)
{
    return (void *)(LAYOUT_CPUS + (uint64_t)cpu * LAYOUT_LARGE_PAGE + (uint64_t)page * FRAME_SIZE);
}

static void *window_open_as(hfn_t frame, enum paging_access access)
{
    struct percpu *this = percpu_this();

    if (this->window_open != 0 || frame == 0 || frame >= FRAMES_MAX) {
        panic(PANIC_WINDOW, frame, this->window_open);
    }
    this->window_open = 1;
    this->taint = 1;
    paging_cpu_page(this->cpu, CPU_PAGE_FRAME_WINDOW, address_of_frame(frame), access);
    return cpu_page_address(this->cpu, CPU_PAGE_FRAME_WINDOW);
}

void *window_open(hfn_t frame)
{
    return window_open_as(frame, PAGING_READ_WRITE);
}

const void *window_open_read(hfn_t frame)
{
    return window_open_as(frame, PAGING_READ);
}

void window_close(void)
{
    struct percpu *this = percpu_this();

    paging_cpu_unmap(this->cpu, CPU_PAGE_FRAME_WINDOW);
    this->window_open = 0;
}

void window_write_back(void)
{
    writes_back = true;
}

void window_scrub(hfn_t frame)
{
    uint8_t *at = window_open(frame);

    insn_zero_quadwords(at, QUADWORDS_PER_FRAME);
    if (writes_back) {
        for (uint32_t done = 0; done < FRAME_SIZE; done += CACHE_LINE_BYTES) {
            insn_clflush(at + done);
        }
        insn_mfence();
    }
    window_close();
}

void window_init_state(void)
{
    struct percpu *this = percpu_this();

    this->state_window = cpu_page_address(this->cpu, CPU_PAGE_STATE_WINDOW);
    this->state_entries = paging_cpu_entries(this->cpu, CPU_PAGE_STATE_WINDOW);
}

void window_map_state(hfn_t first)
{
    struct percpu *this = percpu_this();
    const uint64_t entry = paging_cpu_entry(address_of_frame(first));
    const uint8_t *window = this->state_window;
    uint64_t *entries = this->state_entries;

    this->taint = 1;
    entries[0] = entry;
    entries[1] = entry + FRAME_SIZE;
    insn_invlpg(window);
    insn_invlpg(window + FRAME_SIZE);
}
