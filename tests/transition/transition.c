/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/transition/transition.h"

#include <stddef.h>

#include "abi/hypercall.h"
#include "abi/status.h"

#define FRAME       4096ull
#define FRAMES      TRANSITION_FRAMES
#define PAGE_SHARED 3u
#define SPARE                                                                                                \
    1u /* frames that a guest is never given: it is not for want of room that it gets none after its seal */
#define RECLAIMS 1000u

enum state {
    STATE_NEVER,     /* an id that nobody had */
    STATE_LIVE,      /* no memory, no vCPU */
    STATE_FILLED,    /* half its memory */
    STATE_WITH_VCPU, /* and one of its two vCPUs */
    STATE_FULL,      /* all memory, both vCPUs */
    STATE_SEALED,
    STATE_SHARING,  /* one page is lent to the manager */
    STATE_UNSHARED, /* and taken back */
    STATE_INTERRUPTED,
    STATE_WAITING, /* for the reply to a guest call */
    STATE_HALTED,
    STATE_KILLED,
    STATE_DESTROYING,
    STATE_SWEPT,  /* in destruction, and some of it done */
    STATE_GONE,   /* an id of a former life */
    STATE_REUSED, /* and the slot is another's */
    STATES,
};
static const char *const state_names[STATES] = {
    "never",       "live",    "filled", "with a vCPU", "full",       "sealed", "sharing", "shared no more",
    "interrupted", "waiting", "halted", "killed",      "destroying", "swept",  "gone",    "slot used again",
};

static uint64_t id, vcpu, other_vcpu, former_vcpu;
struct transition_counts transition_counts;
const char *transition_state = "";
static const struct transition_place *place;

static uint64_t make(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10, uint64_t r8,
                     uint64_t *value)
{
    const struct model_call call = {number, {rdi, rsi, rdx, r10, r8}};
    uint64_t nothing;
    const uint64_t status = step_call(&call, value == NULL ? &nothing : value);

    transition_counts.calls++;
    transition_counts.refused += status != STATUS_OK && status != STATUS_RETRY;
    return status;
}

static void must(bool ok)
{
    if (!ok) {
        step_fails("the state cannot be made");
    }
}

static void create(uint64_t *made)
{
    must(make(HYPERCALL_PARTITION_CREATE, FRAMES + place->system_count + SPARE, 2, 0, 0, 0, made) ==
         STATUS_OK);
}

static void give(uint64_t to, uint64_t page, uint64_t frame, uint64_t count)
{
    must(make(HYPERCALL_FRAME_DONATE, to, page, frame, count, DONATE_KEEP, NULL) == STATUS_OK);
}

static void add_vcpu(uint64_t to, uint64_t *made)
{
    must(make(HYPERCALL_VCPU_CREATE, to, place->rip, 0, place->cr3, 0, made) == STATUS_OK);
}

static void remove_all(uint64_t whom)
{
    uint64_t status = STATUS_RETRY;

    for (uint32_t n = 0; n < RECLAIMS && status == STATUS_RETRY; n++) {
        status = make(HYPERCALL_FRAME_RECLAIM, whom, 0, 0, 0, 0, NULL);
    }
    must(status == STATUS_OK);
}

/* Another guest, sealed, is always beside it: nothing may happen to that. */
static void make_neighbour(void)
{
    uint64_t neighbour;

    create(&neighbour);
    give(neighbour, 0, place->neighbour, 8);
    add_vcpu(neighbour, &other_vcpu);
    must(make(HYPERCALL_PARTITION_SEAL, neighbour, 0, 0, 0, 0, NULL) == STATUS_OK);
}

static void enter(void)
{
    must(step_run(vcpu));
}

/* It has run, and no longer does. */
static void run_to(enum state state)
{
    enter();
    step_map((place->shared_gfn + PAGE_SHARED) * FRAME, FRAME);
    if (state == STATE_UNSHARED) {
        step_map(PAGE_SHARED * FRAME, FRAME);
    }
    switch (state) {
    case STATE_WAITING:
        step_wait();
        break;
    case STATE_HALTED:
        step_halt();
        break;
    case STATE_KILLED:
        step_triple_fault();
        break;
    default:
        step_interrupt();
        break;
    }
}

static void make_sealed(enum state state)
{
    must(make(HYPERCALL_PARTITION_SEAL, id, 0, 0, 0, 0, NULL) == STATUS_OK);
    if (state != STATE_SEALED) {
        run_to(state);
    }
    if (state < STATE_DESTROYING) {
        return;
    }
    must(make(HYPERCALL_PARTITION_DESTROY, id, 0, 0, 0, 0, NULL) == STATUS_OK);
    if (state == STATE_SWEPT) {
        must(make(HYPERCALL_FRAME_RECLAIM, id, 0, 0, 0, 0, NULL) == STATUS_RETRY);
    } else if (state >= STATE_GONE) {
        remove_all(id);
    }
}

static void make_state(enum state state)
{
    uint64_t another;

    transition_state = state_names[state];
    step_start();
    id = 0x7777;
    vcpu = 0x77777;
    make_neighbour();
    if (state == STATE_NEVER) {
        return;
    }
    create(&id);
    if (state > STATE_LIVE) {
        give(id, 0, place->first, FRAMES / 2);
    }
    if (state > STATE_FILLED) {
        add_vcpu(id, &vcpu);
    }
    if (state > STATE_WITH_VCPU) {
        give(id, FRAMES / 2, place->first + FRAMES / 2, FRAMES / 2);
        if (place->system_count != 0) {
            give(id, place->system_gfn, place->system, place->system_count);
        }
        add_vcpu(id, &former_vcpu);
    }
    if (state > STATE_FULL) {
        make_sealed(state);
    }
    if (state == STATE_REUSED) {
        create(&another);
        give(another, 0, place->first, 4);
        add_vcpu(another, &former_vcpu);
    }
}

/* --- every call in a state ------------------------------------------------------------------------------- */

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* A call, in a state made anew where the last one changed it. */
static void try_call(enum state state, uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx,
                     uint64_t r10, uint64_t r8)
{
    const uint64_t status = make(number, rdi, rsi, rdx, r10, r8, NULL);

    transition_counts.passed++;
    step_compare();
    if (status == STATUS_OK || status == STATUS_RETRY) {
        make_state(state);
    }
}

static void try_donations(enum state state)
{
    /* Frames: its own, its shared one, the neighbour's, the manager's, the core's, none; and runs over such edges. */
    const uint64_t frames[] = {place->first,
                               place->first + PAGE_SHARED,
                               place->first - 1,
                               place->first + FRAMES - 1,
                               place->neighbour,
                               place->neighbour - 1,
                               place->other,
                               place->below,
                               0,
                               place->last,
                               place->limit,
                               place->core,
                               MODEL_NEVER,
                               MODEL_NEVER - 30};
    const uint64_t pages[] = {0,
                              PAGE_SHARED,
                              FRAMES,
                              FRAMES - 1,
                              500,
                              place->shared_gfn - 1,
                              place->shared_gfn,
                              place->shared_gfn + PAGE_SHARED,
                              MODEL_NEVER};
    static const uint64_t counts[] = {
        0, 1, 2, FRAME_BATCH_MAX, FRAME_BATCH_MAX + 1, MODEL_NEVER, 1ull << 32 | 1};
    static const uint64_t flags[] = {0, DONATE_KEEP, 2, 1ull << 63};

    for (uint32_t f = 0; f < COUNT(frames); f++) {
        for (uint32_t p = 0; p < COUNT(pages); p++) {
            for (uint32_t c = 0; c < COUNT(counts); c++) {
                /* A good page that the model does not follow. */
                if (pages[p] == place->shared_gfn - 1 && counts[c] == 1) {
                    continue;
                }
                try_call(state, HYPERCALL_FRAME_DONATE, id, pages[p], frames[f], counts[c],
                         flags[(f + p + c) % 4]);
            }
        }
    }
}

static void try_calls(enum state state)
{
    const uint64_t numbers[] = {0,          1,          2,          FRAMES, place->limit, place->limit + 1,
                                1ull << 32, 1ull << 63, MODEL_NEVER};
    static const uint64_t by_id[] = {HYPERCALL_PARTITION_SEAL, HYPERCALL_PARTITION_DESTROY,
                                     HYPERCALL_FRAME_RECLAIM};
    static const uint64_t vectors[] = {0, 18, 31, 32, 0x80, 255, 256, 1ull << 32 | 32, MODEL_NEVER};
    static const uint64_t starts[] = {0, 1ull << 46, 1ull << 47, MODEL_NEVER};
    const uint64_t roots[] = {
        0, 1, 0x1000, (place->shared_gfn - 1) * FRAME, place->shared_gfn * FRAME, MODEL_NEVER};
    static const uint64_t of_devices[] = {HYPERCALL_DEVICE_ASSIGN, HYPERCALL_DEVICE_RELEASE,
                                          HYPERCALL_PCI_CONFIG, HYPERCALL_IRQ_MAP, HYPERCALL_IRQ_UNMAP};
    static const uint64_t unknown[] = {
        0x01, 0x0f, 0x13, 0x1f, 0x24, 0x33, 0x81, 0x91, 0xff, 1ull << 32 | 0x10, MODEL_NEVER};

    for (uint32_t n = 0; n < COUNT(by_id); n++) {
        const uint64_t ids[] = {id, id + 1, id ^ 1ull << 32, id + place->slots, id - place->slots,
                                0,  1,      MODEL_NEVER};

        for (uint32_t k = 0; k < COUNT(ids); k++) {
            try_call(state, by_id[n], ids[k], 0, 0, 0, 0);
        }
    }
    for (uint32_t a = 0; a < COUNT(numbers); a++) {
        for (uint32_t b = 0; b < COUNT(numbers); b++) {
            try_call(state, HYPERCALL_PARTITION_CREATE, numbers[a], numbers[b], 0, 0, 0);
        }
        try_call(state, HYPERCALL_INFO, numbers[a], 0, 0, 0, 0);
        try_call(state, HYPERCALL_AUDIT_READ, MODEL_NEVER - a, numbers[a], 0, 0, 0);
        try_call(state, HYPERCALL_POWER, numbers[a] | 2, 0, 0, 0, 0);
    }
    for (uint32_t a = 0; a < COUNT(starts) * COUNT(roots); a++) {
        try_call(state, HYPERCALL_VCPU_CREATE, id, starts[a % 4], 0, roots[a / 4], 0);
    }
    for (uint32_t v = 0; v < COUNT(vectors); v++) {
        const uint64_t ids[] = {vcpu, other_vcpu, former_vcpu, 0, id, vcpu ^ 1ull << 40, MODEL_NEVER};

        for (uint32_t k = 0; k < COUNT(ids); k++) {
            try_call(state, HYPERCALL_VCPU_INTERRUPT, ids[k], vectors[v], 0, 0, 0);
        }
    }
    for (uint32_t n = 0; n < COUNT(unknown); n++) {
        try_call(state, unknown[n], id, 0, 0, 0, 0);
    }
    /* Functions that no machine has, with every number there is for it. */
    for (uint32_t n = 0; n < COUNT(of_devices); n++) {
        for (uint32_t k = 0; k < COUNT(numbers); k++) {
            try_call(state, of_devices[n], 1ull << 32 | id, numbers[k], numbers[k], numbers[k], 0);
        }
    }
    try_donations(state);
}

/* Who has no hypercalls makes each that would be good, or bad, from the manager. */
static void try_other_callers(enum state state)
{
    const struct model_call of[] = {
        {HYPERCALL_INFO, {INFO_ABI_VERSION}},
        {HYPERCALL_PARTITION_CREATE, {1, 1}},
        {HYPERCALL_PARTITION_SEAL, {id}},
        {HYPERCALL_PARTITION_DESTROY, {id}},
        {HYPERCALL_VCPU_CREATE, {id, place->rip, 0, place->cr3}},
        {HYPERCALL_VCPU_RUN, {vcpu, vcpu, vcpu, vcpu, vcpu}},
        {HYPERCALL_VCPU_INTERRUPT, {vcpu, 32}},
        {HYPERCALL_FRAME_DONATE, {id, FRAMES + 1, place->other, 1, DONATE_KEEP}},
        {HYPERCALL_FRAME_RECLAIM, {id}},
        {HYPERCALL_DEVICE_ASSIGN, {id, 0}},
        {HYPERCALL_DEVICE_RELEASE, {0}},
        {HYPERCALL_PCI_CONFIG, {0, 0, 4}},
        {HYPERCALL_IRQ_MAP, {0, 0, 32, 0}},
        {HYPERCALL_IRQ_UNMAP, {0, 0}},
        {HYPERCALL_CPU_START, {1, 0, 0}},
        {HYPERCALL_POWER, {POWER_OFF}},
        {HYPERCALL_POWER, {POWER_RESET}},
        {HYPERCALL_AUDIT_READ, {0, 0}},
        {0xff, {0}},
    };
    const bool runs = state >= STATE_SEALED && state < STATE_KILLED && state != STATE_HALTED;

    for (uint32_t n = 0; n < COUNT(of); n++) {
        step_user_call(&of[n]);
        if (runs) {
            enter();
            step_guest_hypercall(&of[n]);
            step_interrupt();
        }
        step_compare();
        transition_counts.calls += runs ? 2 : 1;
        transition_counts.refused += runs ? 2 : 1;
        transition_counts.passed++;
    }
}

static void try_runs(enum state state)
{
    const uint64_t ids[] = {vcpu, former_vcpu, 0, id, vcpu + 1, vcpu ^ 1ull << 40, MODEL_NEVER};

    for (uint32_t k = 0; k < COUNT(ids); k++) {
        make_state(state);
        transition_counts.calls++;
        if (step_run(ids[k])) {
            step_interrupt();
        }
        step_compare();
        transition_counts.passed++;
    }
}

/* The guest, where it can run: every page of it that is something else, both ways, all sizes. */
static void try_guest_calls(enum state state)
{
    const uint64_t pages[] = {0,
                              PAGE_SHARED,
                              FRAMES - 1,
                              FRAMES,
                              place->shared_gfn - 1,
                              place->shared_gfn,
                              place->shared_gfn + PAGE_SHARED,
                              2 * place->shared_gfn - 1,
                              2 * place->shared_gfn};
    static const uint64_t sizes[] = {0,       1,       4095,       4096,      0x2000, 0x20000,
                                     0x21000, 0x40000, 1ull << 39, ~0xfffull, ~0ull};

    for (uint32_t p = 0; p < COUNT(pages); p++) {
        for (uint32_t n = 0; n < COUNT(sizes); n++) {
            for (uint32_t odd = 0; odd < 2; odd++) {
                make_state(state);
                enter();
                step_map(pages[p] * FRAME + odd, sizes[n]);
                step_compare();
                step_accept(pages[p] * FRAME + odd);
                transition_counts.calls += 2;
                transition_counts.passed++;
            }
        }
    }
}

void transition_all(const struct transition_place *machine)
{
    place = machine;
    for (enum state state = 0; state < STATES; state++) {
        make_state(state);
        try_calls(state);
        make_state(state);
        try_other_callers(state);
        try_runs(state);
        if (state >= STATE_SEALED && state < STATE_HALTED) {
            try_guest_calls(state);
        }
    }
    step_start();
}
