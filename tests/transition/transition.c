/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every state of a partition, of its vCPUs and of its frames against every call with every kind of argument, by the manager and by the
 * guest: the core on the host beside the model of tests/model/model.h.  After each call everything is compared.
 */
#include <stdio.h>
#include <stdlib.h>

#include "abi/audit.h"
#include "abi/hypercall.h"
#include "abi/status.h"
#include "tests/torture/machine.h"
#include "tests/torture/party.h"

#define FRAMES      40u  /* of the guest */
#define FIRST       200u /* frame its memory begins at */
#define PAGE_SHARED 3u
#define RECLAIMS    1000u

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
    STATE_KILLED,
    STATE_DESTROYING,
    STATE_SWEPT,  /* in destruction, and some of it done */
    STATE_GONE,   /* an id of a former life */
    STATE_REUSED, /* and the slot is another's */
    STATES,
};
static const char *const state_names[STATES] = {
    "never",          "live",        "filled", "with a vCPU", "full",  "sealed", "sharing",
    "shared no more", "interrupted", "killed", "destroying",  "swept", "gone",   "slot used again",
};

static uint64_t id, vcpu, other_vcpu, former_vcpu;
static uint64_t calls, refused, passed;
static const char *state_now = "";

_Noreturn void machine_fails(const char *what, uint64_t a, uint64_t b)
{
    printf("FAIL in state \"%s\", %s: %s: %#llx, %#llx\n", state_now, party_last, what, (unsigned long long)a,
           (unsigned long long)b);
    printf("%llu passed, 1 failed\n", (unsigned long long)passed);
    exit(1);
}

static uint64_t make(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10, uint64_t r8,
                     uint64_t *value)
{
    const struct model_call call = {number, {rdi, rsi, rdx, r10, r8}};
    uint64_t nothing;
    const uint64_t status = party_call(&call, value == NULL ? &nothing : value);

    calls++;
    refused += status != STATUS_OK && status != STATUS_RETRY;
    return status;
}

static void must(bool ok)
{
    if (!ok) {
        machine_fails("the state cannot be made", 0, 0);
    }
}

static void create(uint64_t *made)
{
    must(make(HYPERCALL_PARTITION_CREATE, FRAMES, 2, 0, 0, 0, made) == STATUS_OK);
}

static void give(uint64_t to, uint64_t page, uint64_t frame, uint64_t count)
{
    must(make(HYPERCALL_FRAME_DONATE, to, page, frame, count, DONATE_KEEP, NULL) == STATUS_OK);
}

static void add_vcpu(uint64_t to, uint64_t *made)
{
    must(make(HYPERCALL_VCPU_CREATE, to, 0x1000, 0, 0x2000, 0, made) == STATUS_OK);
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
    give(neighbour, 0, 600, 8);
    add_vcpu(neighbour, &other_vcpu);
    must(make(HYPERCALL_PARTITION_SEAL, neighbour, 0, 0, 0, 0, NULL) == STATUS_OK);
}

static void enter(void)
{
    must(party_run(vcpu));
}

static void make_sealed(enum state state)
{
    must(make(HYPERCALL_PARTITION_SEAL, id, 0, 0, 0, 0, NULL) == STATUS_OK);
    if (state == STATE_SEALED) {
        return;
    }
    enter();
    party_map(party_model.shared_bit + PAGE_SHARED * 4096ull, 4096);
    if (state == STATE_UNSHARED) {
        party_map(PAGE_SHARED * 4096ull, 4096);
    }
    if (state == STATE_KILLED) {
        party_triple_fault();
    } else {
        party_interrupt();
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

    state_now = state_names[state];
    party_start();
    id = 0x7777;
    vcpu = 0x77777;
    make_neighbour();
    if (state == STATE_NEVER) {
        return;
    }
    create(&id);
    if (state > STATE_LIVE) {
        give(id, 0, FIRST, FRAMES / 2);
    }
    if (state > STATE_FILLED) {
        add_vcpu(id, &vcpu);
    }
    if (state > STATE_WITH_VCPU) {
        give(id, FRAMES / 2, FIRST + FRAMES / 2, FRAMES / 2);
        add_vcpu(id, &former_vcpu);
    }
    if (state > STATE_FULL) {
        make_sealed(state);
    }
    if (state == STATE_REUSED) {
        create(&another);
        give(another, 0, FIRST, 4);
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

    passed++;
    party_compare_all();
    if (status == STATUS_OK || status == STATUS_RETRY) {
        make_state(state);
    }
}

static void try_donations(enum state state)
{
    /* Frames: its own, its shared one, the neighbour's, the manager's, the core's, none; and runs over such edges. */
    static const uint64_t frames[] = {
        FIRST,       FIRST + PAGE_SHARED,   FIRST - 1, FIRST + FRAMES - 1, 600,           599,
        300,         MACHINE_RAM_FIRST - 1, 0,         MACHINE_LIMIT - 1,  MACHINE_LIMIT, MACHINE_TABLES_HFN,
        MODEL_NEVER, MODEL_NEVER - 30};
    static const uint64_t pages[] = {0,
                                     PAGE_SHARED,
                                     FRAMES,
                                     FRAMES - 1,
                                     500,
                                     MACHINE_SHARED_GFN - 1,
                                     MACHINE_SHARED_GFN,
                                     MACHINE_SHARED_GFN + PAGE_SHARED,
                                     MODEL_NEVER};
    static const uint64_t counts[] = {
        0, 1, 2, FRAME_BATCH_MAX, FRAME_BATCH_MAX + 1, MODEL_NEVER, 1ull << 32 | 1};
    static const uint64_t flags[] = {0, DONATE_KEEP, 2, 1ull << 63};

    for (uint32_t f = 0; f < COUNT(frames); f++) {
        for (uint32_t p = 0; p < COUNT(pages); p++) {
            for (uint32_t c = 0; c < COUNT(counts); c++) {
                /* A good page that the model does not follow. */
                if (pages[p] == MACHINE_SHARED_GFN - 1 && counts[c] == 1) {
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
    static const uint64_t numbers[] = {
        0, 1, 2, FRAMES, MACHINE_LIMIT, MACHINE_LIMIT + 1, 1ull << 32, 1ull << 63, MODEL_NEVER};
    static const uint64_t by_id[] = {HYPERCALL_PARTITION_SEAL, HYPERCALL_PARTITION_DESTROY,
                                     HYPERCALL_FRAME_RECLAIM};
    static const uint64_t vectors[] = {0, 18, 31, 32, 0x80, 255, 256, 1ull << 32 | 32, MODEL_NEVER};
    static const uint64_t starts[] = {0, 1ull << 46, 1ull << 47, MODEL_NEVER};
    static const uint64_t roots[] = {
        0, 1, 0x1000, (MACHINE_SHARED_GFN - 1) << 12, MACHINE_SHARED_GFN << 12, MODEL_NEVER};
    static const uint64_t unknown[] = {
        0x01, 0x0f, 0x13, 0x1f, 0x24, 0x33, 0x81, 0x91, 0xff, 1ull << 32 | 0x10, MODEL_NEVER};

    for (uint32_t n = 0; n < COUNT(by_id); n++) {
        const uint64_t ids[] = {id, id + 1, id ^ 1ull << 32, id + PARTITIONS_MAX, id - PARTITIONS_MAX,
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
    try_donations(state);
}

static void try_runs(enum state state)
{
    const uint64_t ids[] = {vcpu, former_vcpu, 0, id, vcpu + 1, vcpu ^ 1ull << 40, MODEL_NEVER};

    for (uint32_t k = 0; k < COUNT(ids); k++) {
        make_state(state);
        calls++;
        if (party_run(ids[k])) {
            party_interrupt();
        }
        party_compare_all();
        passed++;
    }
}

/* The guest, where it can run: every page of it that is something else, both ways, all sizes. */
static void try_guest_calls(enum state state)
{
    static const uint64_t pages[] = {0,
                                     PAGE_SHARED,
                                     FRAMES - 1,
                                     FRAMES,
                                     MACHINE_SHARED_GFN - 1,
                                     MACHINE_SHARED_GFN,
                                     MACHINE_SHARED_GFN + PAGE_SHARED,
                                     2 * MACHINE_SHARED_GFN - 1,
                                     2 * MACHINE_SHARED_GFN};
    static const uint64_t sizes[] = {0,       1,       4095,       4096,      0x2000, 0x20000,
                                     0x21000, 0x40000, 1ull << 39, ~0xfffull, ~0ull};

    for (uint32_t p = 0; p < COUNT(pages); p++) {
        for (uint32_t n = 0; n < COUNT(sizes); n++) {
            for (uint32_t odd = 0; odd < 2; odd++) {
                make_state(state);
                enter();
                party_map(pages[p] * 4096 + odd, sizes[n]);
                party_compare_all();
                party_accept(pages[p] * 4096 + odd);
                calls += 2;
                passed++;
            }
        }
    }
}

int main(void)
{
    for (enum state state = 0; state < STATES; state++) {
        make_state(state);
        try_calls(state);
        try_runs(state);
        if (state >= STATE_SEALED && state <= STATE_INTERRUPTED) {
            try_guest_calls(state);
        }
    }
    printf("TABLE host, every state and call|%llu|%llu|%llu|0\n", (unsigned long long)passed,
           (unsigned long long)calls, (unsigned long long)refused);
    printf("%llu passed, 0 failed\n", (unsigned long long)passed);
    return 0;
}
