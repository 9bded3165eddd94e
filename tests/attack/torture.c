/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random torture: a hostile manager and three hostile guests, beside the model of tests/model/.  The core's command line may
 * say torture-seed=N and torture-steps=N.  It is the menu entry "isolation torture test" of the ISO.
 */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "abi/status.h"
#include "lib/memory.h"
#include "tests/hostile/secrets.h"
#include "tests/model/hostile.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"

#define FRAME        4096u
#define WORDS        (FRAME / 8u)
#define STEPS        120000u
#define PROGRESS     20000u
#define FAILURES_MAX 20u
#define HOSTILES     3u
#define GROUND       512u /* frames that change hands */
#define GUARD        64u  /* frames before them, nobody's to give */
#define GUEST_LIMIT  200000u
#define RUNS_MAX     200u
#define VECTOR_GP    13u
#define VECTOR_PF    14u
#define VECTOR_VE    20u
#define SECRET_FIRST 0x338u /* pages that a guest never shares */
#define MASK_ALL     TDVMCALL_MASK_ALLOWED
#define COM1_FIRST   0x3f8u
#define COM1_LAST    0x3ffu
#define DEBUG_PORT   0xe9u

enum resource {
    HYPERCALLS,
    RUNS,
    GUEST_CALLS,
    CONVERSIONS,
    MEMORY,
    PORTS,
    MSRS,
    REGISTERS,
    LIVES,
    RESOURCES
};
static const char *const resource_names[RESOURCES] = {
    "hypercalls", "vCPU runs", "guest calls", "page conversions", "memory",
    "ports",      "MSRs",      "registers",   "lives of guests",
};
static struct {
    uint64_t tests, calls, denied, failures;
} counts[RESOURCES];

/* What a guest is told to do; it answers in RBX and RSI. */
enum order {
    ORDER_MAP = 1,
    ORDER_ACCEPT,
    ORDER_TOUCH,
    ORDER_CALL,
    ORDER_PORT,
    ORDER_READ_MSR,
    ORDER_WRITE_MSR,
    ORDER_DIE,
    ORDER_SPIN,
    ORDER_SECRETS
};

static struct model model;
static struct hostile hostile;
static struct tiny_guest guests[HOSTILES];
static struct tiny_run runs[HOSTILES];
static uint32_t in_model[HOSTILES]; /* which guest of the model it is */
static uint64_t failures;
static uint64_t guard_id;   /* holds the frames before the model's; not in the model */
static bool may_die;        /* the order is to */
static uint64_t last_order; /* of any guest: enum order and its first operand */

/* --- in the guest ------------------------------------------------------------------------------------------ */

static volatile uint64_t *page_at(uint64_t gfn, uint64_t shared)
{
    return (volatile uint64_t *)((shared != 0 ? TINY_SHARED : TINY_PRIVATE) + gfn * FRAME);
}

static void touch(uint64_t *reg, uint64_t gfn, uint64_t shared, uint64_t word)
{
    volatile uint64_t *page = page_at(gfn, shared);

    reg[GUEST_RSI] = tiny_try_read((uint64_t)page, &reg[GUEST_RBX]);
    if (reg[GUEST_RSI] == TINY_NO_FAULT) {
        reg[GUEST_RBX] = page[0] == page[WORDS - 1] ? page[0] : ~word;
        page[0] = word;
        page[WORDS - 1] = word;
    }
}

/* A call in which every register holds a secret but those of the call. */
static void call_with_secrets(uint64_t *reg, uint64_t function, uint64_t mask, uint64_t r14)
{
    uint64_t all[16];

    for (uint32_t n = 0; n < 16; n++) {
        all[n] = secrets_of(n);
    }
    all[GUEST_RCX] = mask;
    all[GUEST_R10] = 0;
    all[GUEST_R11] = function;
    all[GUEST_R12] = 4;
    all[GUEST_R13] = 1;
    all[GUEST_R14] = r14;
    reg[GUEST_RSI] = guest_tdcall(TDG_VP_VMCALL, all);
    reg[GUEST_RBX] = 0;
    for (uint32_t n = GUEST_RDX; n < 16; n++) {
        const bool own = n == GUEST_RSP || n == GUEST_RBP || (n >= GUEST_R10 && n <= GUEST_R14);

        /* What was not named is as it was. */
        reg[GUEST_RBX] += !own && (mask >> n & 1) == 0 && all[n] != secrets_of(n);
    }
}

/* The secret pages: filled the first time, looked at after. */
static void secrets(uint64_t *reg)
{
    static uint64_t filled;

    reg[GUEST_RBX] = 0;
    for (uint64_t gfn = SECRET_FIRST; gfn < TINY_FREE_END; gfn++) {
        for (uint32_t w = 0; w < WORDS; w++) {
            reg[GUEST_RBX] += filled != 0 && page_at(gfn, 0)[w] != secrets_of(gfn);
            page_at(gfn, 0)[w] = secrets_of(gfn);
        }
    }
    filled = 1;
}

static void die(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idtr = {0, 0};

    __asm__ volatile("lidt %0\n\tud2" ::"m"(idtr));
}

static void obey(uint64_t *reg)
{
    const uint64_t a = reg[GUEST_RSI];
    const uint64_t b = reg[GUEST_RDI];
    const uint64_t c = reg[GUEST_R8];
    uint8_t byte;

    switch (reg[GUEST_RBX]) {
    case ORDER_MAP:
        reg[GUEST_RBX] = guest_vmcall(TDVMCALL_MAP_GPA, a, b, 0, 0, &reg[GUEST_RSI]);
        break;
    case ORDER_ACCEPT: {
        uint64_t operand[16] = {[GUEST_RCX] = a};

        reg[GUEST_RBX] = guest_tdcall(TDG_MEM_PAGE_ACCEPT, operand);
        break;
    }
    case ORDER_TOUCH:
        touch(reg, a, b, c);
        break;
    case ORDER_CALL:
        call_with_secrets(reg, a, b, c);
        break;
    case ORDER_PORT:
        reg[GUEST_RBX] = tiny_try_in((uint16_t)a, &byte);
        break;
    case ORDER_READ_MSR:
        reg[GUEST_RBX] = tiny_try_rdmsr((uint32_t)a, &reg[GUEST_RSI]);
        break;
    case ORDER_WRITE_MSR:
        reg[GUEST_RBX] = tiny_try_wrmsr((uint32_t)a, b);
        break;
    case ORDER_DIE:
        die();
        break;
    case ORDER_SPIN:
        for (uint64_t n = 0; n < a; n++) {
            __asm__ volatile("sti\n\tpause\n\tcli");
        }
        break;
    default:
        secrets(reg);
        break;
    }
}

static void hostile_guest(void)
{
    uint64_t reg[16] = {0};

    for (;;) {
        reg[GUEST_RCX] = MASK_ALL;
        reg[GUEST_R10] = 0;
        reg[GUEST_R11] = TDVMCALL_IO;
        reg[GUEST_R12] = 4;
        reg[GUEST_R13] = 1;
        reg[GUEST_R14] = TINY_PORT;
        guest_tdcall(TDG_VP_VMCALL, reg);
        obey(reg);
    }
}

/* --- the manager ---------------------------------------------------------------------------------------------- */

static bool fail(enum resource resource, const char *what, uint64_t a, uint64_t b)
{
    failures++;
    counts[resource].failures++;
    tiny_text("FAIL ");
    tiny_text(resource_names[resource]);
    tiny_text(": ");
    tiny_text(what);
    tiny_text(" ");
    tiny_hex(a);
    tiny_text(" ");
    tiny_hex(b);
    tiny_text("\r\n");
    return false;
}

static bool expect(enum resource resource, const char *what, uint64_t got, uint64_t wanted)
{
    counts[resource].tests++;
    return got == wanted || fail(resource, what, got, wanted);
}

static void model_says(enum resource resource, bool right)
{
    counts[resource].tests++;
    if (!right) {
        fail(resource, model.complaint, model.got, model.wanted);
    }
}

static void count(enum resource resource, bool denied)
{
    counts[resource].calls++;
    counts[resource].denied += denied;
}

/* Its 36 upper bits are those of all secrets: no random number has them in a lifetime. */
/* A guest said something that is no answer to an order: it discloses what it named, and no more. */
static void look_at_call(struct tiny_run *run)
{
    const uint64_t named = run->exit >> RUN_EXIT_REGISTERS_SHIFT & 0xffff;

    for (uint32_t n = GUEST_RDX; n < 16; n++) {
        if (n == GUEST_RSP || n == GUEST_RBP) {
            continue;
        }
        counts[REGISTERS].tests++;
        if ((named >> n & 1) == 0 && run->reg[n] != 0) {
            fail(REGISTERS, "a register not named is seen", n, run->reg[n]);
        }
        run->reg[n] = hostile_number(&hostile);
    }
    count(REGISTERS, true);
    run->reg[GUEST_R10] = TDVMCALL_SUCCESS;
}

/* Run on until it has obeyed; false: it is stopped for good. */
static bool run_on(uint32_t h)
{
    struct tiny_run *run = &runs[h];

    for (uint32_t n = 0; n < RUNS_MAX; n++) {
        run->slice = 20000 + hostile_below(&hostile, 100000);
        tiny_vcpu_run(run);
        count(RUNS, false);
        if (run->status != STATUS_OK) {
            return fail(RUNS, "a guest is refused", run->status, h);
        }
        if (tiny_run_kind(run) == RUN_KILLED) {
            return may_die ? false : fail(RUNS, "a guest is stopped", last_order, run->reg[GUEST_RSI]);
        }
        if (tiny_run_kind(run) != RUN_GUEST_CALL) {
            continue;
        }
        if (run->reg[GUEST_R14] == TINY_PORT &&
            (run->exit >> RUN_EXIT_REGISTERS_SHIFT & MASK_ALL) == MASK_ALL) {
            return true;
        }
        look_at_call(run);
    }
    return fail(RUNS, "a guest does not come back", tiny_run_kind(run), h);
}

static bool order(uint32_t h, enum order what, uint64_t a, uint64_t b, uint64_t c)
{
    struct tiny_run *run = &runs[h];

    for (uint32_t n = 0; n < 16; n++) {
        run->reg[n] = 0;
    }
    run->reg[GUEST_RBX] = what;
    last_order = what | a << 8;
    run->reg[GUEST_RSI] = a;
    run->reg[GUEST_RDI] = b;
    run->reg[GUEST_R8] = c;
    return run_on(h);
}

/* The model learns of a guest that was made beside it. */
static void adopt(uint32_t h)
{
    struct model_guest *guest;
    uint32_t g = 0;

    while (g < MODEL_GUESTS - 1 && model.guest[g].life != MODEL_ABSENT) {
        g++;
    }
    guest = &model.guest[g];
    in_model[h] = g;
    guest->life = MODEL_SEALED;
    guest->killed = false;
    guest->id = guests[h].partition;
    guest->frames = guests[h].frames;
    guest->frames_left = 0;
    guest->vcpus = 1;
    guest->made = 1;
    guest->vcpu[0] = (struct model_vcpu){.id = guests[h].vcpu};
    model.ids[model.ids_given++ % MODEL_IDS] = guest->id;
    for (uint64_t p = 0; p < guests[h].frames; p++) {
        struct model_frame *frame = &model.frame[guests[h].first_hfn - model.first + p];

        guest->page[p] = (uint16_t)(guests[h].first_hfn - model.first + p);
        *frame = (struct model_frame){.owner = (uint8_t)g, .page = (uint16_t)p};
    }
}

static bool make_guest(uint32_t h, uint64_t first_hfn)
{
    count(LIVES, false);
    guests[h].first_hfn = first_hfn;
    if (!tiny_guest_make_vcpus(&guests[h], hostile_guest, 1, true)) {
        return fail(LIVES, "a guest cannot be made", h, 0);
    }
    runs[h] = (struct tiny_run){.vcpu = guests[h].vcpu};
    adopt(h);
    return run_on(h) && order(h, ORDER_SECRETS, 0, 0, 0);
}

/* How often any secret stands in memory the manager can read. */
/* Destroy a guest, take its frames, look for what it held, make another in them. */
static void another_life(uint32_t h)
{
    struct model_call call = {HYPERCALL_PARTITION_DESTROY, {guests[h].partition}};
    struct tiny_answer answer = tiny_call(call.number, call.argument[0], 0, 0, 0, 0);

    model_says(LIVES, model_hypercall(&model, &call, answer.status, answer.value));
    call.number = HYPERCALL_FRAME_RECLAIM;
    do {
        answer = tiny_call(call.number, call.argument[0], 0, 0, 0, 0);
        model_says(LIVES, model_hypercall(&model, &call, answer.status, answer.value));
    } while (answer.status == STATUS_RETRY);
    expect(LIVES, "a secret is found", secrets_in_reach(&model), 0);
    make_guest(h, guests[h].first_hfn);
}

static uint32_t hostile_of(uint64_t id)
{
    uint32_t h = 0;

    while (h < HOSTILES && guests[h].partition != id) {
        h++;
    }
    return h;
}

static bool is_hostiles_vcpu(uint64_t id)
{
    bool found = false;

    for (uint32_t h = 0; h < HOSTILES; h++) {
        found = found || guests[h].vcpu == id;
    }
    return found;
}

static void a_hypercall(void)
{
    struct model_call call;
    struct tiny_answer answer;

    hostile_hypercall(&hostile, &model, &call);
    if (call.argument[0] == guard_id) {
        return;
    }
    if (call.number == HYPERCALL_PARTITION_DESTROY && hostile_of(call.argument[0]) < HOSTILES) {
        another_life(hostile_of(call.argument[0]));
        return;
    }
    answer = tiny_call(call.number, call.argument[0], call.argument[1], call.argument[2], call.argument[3],
                       call.argument[4]);
    count(HYPERCALLS, answer.status != STATUS_OK && answer.status != STATUS_RETRY);
    model_says(HYPERCALLS, model_hypercall(&model, &call, answer.status, answer.value));
}

/* vCPUs that are not, must not run, or have no memory to run in. */
static void a_run(void)
{
    struct tiny_run run = {.vcpu = hostile_vcpu(&hostile, &model), .slice = 100000};
    uint32_t g;
    bool may;

    if (is_hostiles_vcpu(run.vcpu)) {
        return;
    }
    may = model_may_run(&model, run.vcpu);
    tiny_vcpu_run(&run);
    count(RUNS, run.status != STATUS_OK);
    if (may && run.status == STATUS_OK) {
        model_vcpu_of(&model, run.vcpu, &g);
        if (expect(RUNS, "a guest without memory runs", tiny_run_kind(&run), RUN_KILLED)) {
            model_killed(&model, g);
        }
        return;
    }
    model_says(RUNS, model_run_refused(&model, run.vcpu, run.status,
                                       run.status == STATUS_OK && tiny_run_kind(&run) == RUN_KILLED));
}

static void a_touch(void)
{
    const uint64_t hfn = model.first + hostile_below(&hostile, model.count);
    const uint32_t at = model_manager_reaches(&model, hfn);
    uint64_t *page = tiny_at(hfn);
    uint64_t word = 0;
    const uint32_t fault = tiny_try_read((uint64_t)page, &word);

    count(MEMORY, fault != TINY_NO_FAULT);
    if (model_is_being_swept(&model, hfn - model.first)) {
        return;
    }
    if (!expect(MEMORY, "the manager's reach", fault, at == MODEL_NO_FRAME ? VECTOR_PF : TINY_NO_FAULT)) {
        return;
    }
    if (at == MODEL_NO_FRAME) {
        expect(MEMORY, "a write is not denied", tiny_try_write((uint64_t)page, 0xbad), VECTOR_PF);
        return;
    }
    if (secrets_is(word)) {
        fail(MEMORY, "a secret is found", word, hfn);
    }
    if (!model_read(&model, at, word) || !model_read(&model, at, page[WORDS - 1])) {
        model_says(MEMORY, false);
    }
    word = hostile_number(&hostile);
    page[0] = word;
    page[WORDS - 1] = word;
    model_wrote(&model, at, word);
}

static void a_port(void)
{
    const uint16_t port = (uint16_t)hostile_below(&hostile, 0x10000);
    uint8_t value;

    /* An access of four bytes must not reach what is granted, either. */
    if ((port + 3u >= COM1_FIRST && port <= COM1_LAST) || (port + 3u >= DEBUG_PORT && port <= DEBUG_PORT)) {
        return;
    }
    expect(PORTS, "a port is read", tiny_try_in(port, &value), VECTOR_GP);
    expect(PORTS, "a port is written",
           tiny_try_out(port, (uint32_t)hostile_number(&hostile), 1u << hostile_below(&hostile, 3)),
           VECTOR_GP);
    count(PORTS, true);
}

static const uint32_t forbidden_msrs[] = {0x0,   0x3a,  0x79,  0x8b,  0x9a,  0x9e,  0xc1,  0x17a,
                                          0x186, 0x19a, 0x1a0, 0x1d9, 0x200, 0x2ff, 0x38f, 0x3f1,
                                          0x400, 0x480, 0x48b, 0x570, 0x600, 0x610, 0x6e1, 0xc80};

static void an_msr(void)
{
    const uint32_t msr =
        forbidden_msrs[hostile_below(&hostile, sizeof(forbidden_msrs) / sizeof(forbidden_msrs[0]))];
    uint64_t value;

    expect(MSRS, "an MSR is read", tiny_try_rdmsr(msr, &value), VECTOR_GP);
    expect(MSRS, "an MSR is written", tiny_try_wrmsr(msr, hostile_number(&hostile)), VECTOR_GP);
    count(MSRS, true);
}

/* --- orders to a guest ----------------------------------------------------------------------------------------- */

static void a_conversion(uint32_t h)
{
    uint64_t start;
    uint64_t bytes;

    hostile_map(&hostile, &model, TINY_FREE_FIRST, SECRET_FIRST, &start, &bytes);
    if (order(h, ORDER_MAP, start, bytes, 0)) {
        count(CONVERSIONS, runs[h].reg[GUEST_RBX] == TDVMCALL_INVALID_OPERAND);
        model_says(CONVERSIONS, model_map_gpa(&model, in_model[h], start, bytes, runs[h].reg[GUEST_RBX],
                                              runs[h].reg[GUEST_RSI]));
    }
}

static void a_guest_touches(uint32_t h)
{
    const uint64_t gfn = TINY_FREE_FIRST + hostile_below(&hostile, SECRET_FIRST - TINY_FREE_FIRST);
    const bool shared = hostile_chance(&hostile, 50);
    const uint32_t at = model_guest_reaches(&model, in_model[h], gfn, shared);
    const uint64_t word = hostile_number(&hostile);

    /* A private page that is absent would end it. */
    if (at == MODEL_NO_FRAME && !shared) {
        return;
    }
    if (!order(h, ORDER_TOUCH, gfn, shared, word)) {
        fail(MEMORY, "a guest is stopped by its own page", gfn, shared);
        return;
    }
    count(MEMORY, at == MODEL_NO_FRAME);
    if (expect(MEMORY, "a guest's reach", runs[h].reg[GUEST_RSI],
               at == MODEL_NO_FRAME ? VECTOR_VE : TINY_NO_FAULT) &&
        at != MODEL_NO_FRAME) {
        model_says(MEMORY, model_read(&model, at, runs[h].reg[GUEST_RBX]));
        model_wrote(&model, at, word);
    }
}

static void a_guest_call(uint32_t h)
{
    static const uint64_t functions[] = {TDVMCALL_IO,        TDVMCALL_IO,       TDVMCALL_MMIO,
                                         TDVMCALL_GET_QUOTE, TDVMCALL_GET_INFO, 77};
    const uint64_t function = functions[hostile_below(&hostile, 6)];
    uint64_t mask = 0xfc00 | (hostile_number(&hostile) & MASK_ALL);

    /* Not the mask of an answer. */
    mask &= ~(uint64_t)(1u << GUEST_R9);
    if (hostile_chance(&hostile, 10)) {
        mask |= 1u << GUEST_RBP | hostile_number(&hostile) << 16;
    }
    if (order(h, ORDER_CALL, function, mask,
              function == TDVMCALL_MMIO ? model.shared_bit | 0xc0000000 : 0x80)) {
        expect(GUEST_CALLS, "registers not named have changed", runs[h].reg[GUEST_RBX], 0);
        expect(GUEST_CALLS, "a mask is accepted or refused wrongly", runs[h].reg[GUEST_RSI] == TDX_SUCCESS,
               (mask & ~MASK_ALL) == 0);
        count(GUEST_CALLS, (mask & ~MASK_ALL) != 0);
    } else {
        fail(GUEST_CALLS, "a guest is stopped by a call", function, mask);
    }
}

static void a_guest_accepts(uint32_t h)
{
    const uint64_t operand =
        (TINY_FREE_FIRST + hostile_below(&hostile, 0x40)) * FRAME + hostile_below(&hostile, 2);

    if (order(h, ORDER_ACCEPT, operand, 0, 0)) {
        count(GUEST_CALLS, runs[h].reg[GUEST_RBX] != TDX_SUCCESS);
        model_says(GUEST_CALLS, model_accept(&model, in_model[h], operand, runs[h].reg[GUEST_RBX]));
    }
}

static void an_order(void)
{
    const uint32_t h = (uint32_t)hostile_below(&hostile, HOSTILES);
    const uint64_t kind = hostile_below(&hostile, 1000);
    const uint32_t msr =
        forbidden_msrs[hostile_below(&hostile, sizeof(forbidden_msrs) / sizeof(forbidden_msrs[0]))];

    if (kind < 350) {
        a_conversion(h);
    } else if (kind < 700) {
        a_guest_touches(h);
    } else if (kind < 800) {
        a_guest_call(h);
    } else if (kind < 850) {
        a_guest_accepts(h);
    } else if (kind < 900) {
        order(h, ORDER_PORT, hostile_below(&hostile, 0x10000), 0, 0);
        expect(PORTS, "a guest's port is no #VE", runs[h].reg[GUEST_RBX], VECTOR_VE);
        count(PORTS, true);
    } else if (kind < 950) {
        order(h, ORDER_WRITE_MSR, msr, hostile_number(&hostile), 0);
        expect(MSRS, "a guest writes an MSR", runs[h].reg[GUEST_RBX] != TINY_NO_FAULT, true);
        count(MSRS, true);
    } else if (kind < 980) {
        order(h, ORDER_SPIN, hostile_below(&hostile, 3000), 0, 0);
    } else if (kind < 998) {
        order(h, ORDER_SECRETS, 0, 0, 0);
        expect(MEMORY, "a guest's private pages have changed", runs[h].reg[GUEST_RBX], 0);
    } else {
        may_die = true;
        expect(LIVES, "a triple fault is survived", order(h, ORDER_DIE, 0, 0, 0), false);
        may_die = false;
        model_killed(&model, in_model[h]);
        another_life(h);
    }
}

static void a_step(void)
{
    const uint64_t kind = hostile_below(&hostile, 100);

    if (kind < 45) {
        a_hypercall();
    } else if (kind < 85) {
        an_order();
    } else if (kind < 94) {
        a_touch();
    } else if (kind < 96) {
        a_port();
    } else if (kind < 98) {
        an_msr();
    } else {
        a_run();
    }
}

/* --- the whole ------------------------------------------------------------------------------------------------ */

static bool prepare(void)
{
    const uint64_t top = tiny_frames(0);

    guard_id = secrets_model(&model, GROUND + HOSTILES * (uint64_t)TINY_GUEST_FRAMES, GUARD);
    if (guard_id == 0) {
        return false;
    }
    for (uint32_t h = 0; h < HOSTILES; h++) {
        if (!make_guest(h, model.first + GROUND + h * (uint64_t)TINY_GUEST_FRAMES)) {
            return false;
        }
    }
    return top != 0;
}

static void table(void)
{
    tiny_text("TABLE resource|tests|calls made|attacks denied|failures\r\n");
    for (uint32_t r = 0; r < RESOURCES; r++) {
        const uint64_t numbers[] = {counts[r].tests, counts[r].calls, counts[r].denied, counts[r].failures};

        tiny_text("TABLE machine, ");
        tiny_text(resource_names[r]);
        for (uint32_t n = 0; n < 4; n++) {
            tiny_text("|");
            tiny_decimal(numbers[n]);
        }
        tiny_text("\r\n");
    }
}

void tiny_main(const struct boot_info *boot)
{
    const uint64_t seed = tiny_setting(boot, "torture-seed=", tiny_rdtsc());
    const uint64_t steps = tiny_setting(boot, "torture-steps=", STEPS);

    tiny_text("isolation torture test: seed ");
    tiny_decimal(seed);
    tiny_text(" (again: torture-seed= on the core's command line)\r\n");
    hostile.state = hostile_seed(seed, 0);
    tiny_check("the hostile guests are there", prepare());
    for (uint64_t step = 1; step <= steps && failures < FAILURES_MAX; step++) {
        a_step();
        if (step % PROGRESS == 0) {
            tiny_text("  ");
            tiny_decimal(step);
            tiny_text(" steps\r\n");
        }
    }
    expect(MEMORY, "a secret is found", secrets_in_reach(&model), 0);
    table();
    for (uint32_t r = 0; r < RESOURCES; r++) {
        tiny_check_equal(resource_names[r], counts[r].failures, 0);
    }
}
