/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/load_plan.h"

#include "lib/addr.h"
#include "lib/memory.h"
#include "manager/insn.h"

static uint64_t end_of(const struct load_piece *piece)
{
    return piece->gpa + piece->from.size;
}

bool load_plan_add(struct load_plan *plan, uint64_t gpa, struct bytes from)
{
    uint32_t at = 0;

    if (from.size == 0) {
        return true;
    }
    /* Is there room, and an end that does not wrap? */
    if (plan->count == LOAD_PIECES_MAX || gpa + from.size < gpa) {
        return false;
    }
    while (at < plan->count && plan->pieces[at].gpa < gpa) {
        at++;
    }
    /* Is the place between its neighbours free? */
    if ((at > 0 && end_of(&plan->pieces[at - 1]) > gpa) ||
        (at < plan->count && plan->pieces[at].gpa < gpa + from.size)) {
        return false;
    }
    /* All checks passed: nothing below can fail. */
    for (uint32_t i = plan->count; i > at; i--) {
        plan->pieces[i] = plan->pieces[i - 1];
    }
    plan->pieces[at] = (struct load_piece){gpa, from};
    plan->count++;
    return true;
}

uint64_t load_plan_run(const struct load_plan *plan, uint64_t gfn, uint64_t limit, bool *kept)
{
    *kept = false;
    for (uint32_t i = 0; i < plan->count; i++) {
        const uint64_t first = frame_of_address(plan->pieces[i].gpa);
        const uint64_t last = frame_of_address(end_of(&plan->pieces[i]) - 1);
        if (last < gfn) {
            continue;
        }
        *kept = first <= gfn;
        const uint64_t run = *kept ? last + 1 - gfn : first - gfn;
        return run < limit ? run : limit;
    }
    return limit;
}

static void fill_from(const struct load_piece *piece, uint64_t base, uint8_t *frame)
{
    const uint64_t start = piece->gpa > base ? piece->gpa : base;
    const uint64_t end = end_of(piece) < base + FRAME_SIZE ? end_of(piece) : base + FRAME_SIZE;
    const uint8_t *from = piece->from.at + (start - piece->gpa);

    if (end - start == FRAME_SIZE) {
        insn_rep_movsq(frame, from, FRAME_SIZE / sizeof(uint64_t));
    } else {
        memcpy(frame + (start - base), from, end - start);
    }
}

void load_plan_fill(const struct load_plan *plan, uint64_t gfn, void *frame)
{
    const uint64_t base = address_of_frame(gfn);
    insn_rep_stosq(frame, 0, FRAME_SIZE / sizeof(uint64_t));
    for (uint32_t i = 0; i < plan->count; i++) {
        if (plan->pieces[i].gpa < base + FRAME_SIZE && end_of(&plan->pieces[i]) > base) {
            fill_from(&plan->pieces[i], base, frame);
        }
    }
}

uint64_t load_plan_bytes(const struct load_plan *plan)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < plan->count; i++) {
        bytes += plan->pieces[i].from.size;
    }
    return bytes;
}
