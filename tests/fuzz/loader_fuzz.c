/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel image from anywhere: a plan that is accepted lies in the guest's memory and in the image. */
#include <stdlib.h>

#include "lib/addr.h"
#include "manager/loader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool promise)
{
    if (!promise) {
        abort();
    }
}

/* Every frame is filled as the guest would see it: the sanitizer watches what is read. */
static void carry_out(const struct load_plan *plan, uint64_t memory)
{
    static _Alignas(8) uint8_t frame[FRAME_SIZE];
    const uint64_t frames = frame_of_address(memory);

    for (uint64_t gfn = 0; gfn < frames;) {
        bool kept;
        const uint64_t run = load_plan_run(plan, gfn, frames - gfn, &kept);
        require(run >= 1 && run <= frames - gfn);
        for (uint64_t i = 0; kept && i < run; i++) {
            load_plan_fill(plan, gfn + i, frame);
        }
        gfn += run;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct loader_pages pages;
    static struct loader_result result;
    static const uint8_t initrd[5000] = {1};
    const struct loader_request request = {
        .kernel = {data, size},
        .initrd = {initrd, size % 2 != 0 ? sizeof(initrd) : 0},
        .command_line = {(const uint8_t *)"quiet", 5},
        .memory = 64ull << 20,
        .cpus = 1,
    };

    if (loader_plan(&request, &pages, &result) != LOADER_OK) {
        return 0;
    }
    uint64_t end = 0;
    for (uint32_t i = 0; i < result.plan.count; i++) {
        const struct load_piece *piece = &result.plan.pieces[i];
        require(piece->from.size > 0 && piece->gpa >= end);
        end = piece->gpa + piece->from.size;
        require(end > piece->gpa && end <= request.memory);
    }
    require(result.rip >= GUEST_RAM1 && result.rip < request.memory);
    carry_out(&result.plan, request.memory);
    return 0;
}
