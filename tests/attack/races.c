/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Races: two CPUs of a hostile manager call at random at the same time, about the same partitions, frames and vCPUs, and run the
 * same guests, which share and unshare their pages.  In each round both make a few steps at once; then one looks for an order of
 * them in which the model of tests/model/ gives each the answer that it got, and memory shows what it says.  There must be one.
 * The core's command line may say torture-seed=N and torture-rounds=N.
 */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "abi/status.h"
#include "tests/hostile/secrets.h"
#include "tests/model/hostile.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"

#define FRAME        4096u
#define WORDS        (FRAME / 8u)
#define CPUS         2u
#define STEPS        3u /* of a CPU in a round */
#define ORDERS       (1u << CPUS * STEPS)
#define ROUNDS       3000u
#define PROGRESS     500u
#define HOSTILES     2u
#define GUEST_VCPUS  2u
#define GROUND       256u /* frames that change hands */
#define GUARD        64u  /* frames before them, nobody's to give */
#define SEEN_MAX     (CPUS * STEPS * FRAME_BATCH_MAX)
#define WRITES       8u    /* words the manager writes between rounds */
#define DELAYS       2000u /* pauses before a step: about what a call takes */
#define LONG         0x10000000u
#define SECRETS_EACH 200u /* rounds between two looks at the guests' secrets */
#define MASK_ALL     TDVMCALL_MASK_ALLOWED
/* Pages that the guests convert, and those after them that they never share. */
#define MAP_FIRST    TINY_FREE_FIRST
#define SECRET_FIRST 0x338u

enum step_kind { STEP_CALL, STEP_RUN, STEP_MAP, STEP_ACCEPT, STEP_LOOK, STEP_KINDS };
static const char *const step_names[STEP_KINDS] = {"hypercall", "run", "MapGPA", "PAGE_ACCEPT", "look"};

struct step {
    enum step_kind kind;
    struct model_call call; /* a hypercall */
    uint64_t vcpu;          /* is run; for MapGPA and PAGE_ACCEPT by this guest: */
    uint32_t h;
    uint64_t a, b; /* operands, or the frame that is looked at */
    uint32_t delay;
    /* What came of it. */
    struct tiny_run run;
    uint64_t status, value;
    bool reached; /* the frame */
    uint64_t ended;
    bool explained; /* a look: by the state before or after some step */
};
static struct step steps[CPUS][STEPS];

/* What the manager sees of the frames that a round was about, when it is over. */
static struct {
    uint64_t hfn, word;
    bool reached;
} seen[SEEN_MAX];
static uint32_t seen_count;

enum order { ORDER_MAP = 1, ORDER_ACCEPT, ORDER_SECRETS };

static struct model model, before;
static struct hostile hostile;
static struct tiny_guest guests[HOSTILES];
static uint32_t in_model[HOSTILES]; /* which guest of the model it is */
static uint64_t guard_id;           /* holds the frames before the model's; not in the model */
static volatile uint64_t round_now, round_done;
static uint64_t counts[STEP_KINDS], denied, met, thrown_out, reordered, lives;

/* --- in the guest ------------------------------------------------------------------------------------------ */

/* Its 36 upper bits are those of all secrets: no random number has them in a lifetime. */
/* The secret pages: filled the first time, looked at after; how many words were wrong. */
static uint64_t secrets(void)
{
    static bool filled;
    uint64_t wrong = 0;

    for (uint64_t gfn = SECRET_FIRST; gfn < TINY_FREE_END; gfn++) {
        volatile uint64_t *page = (volatile uint64_t *)(TINY_PRIVATE + gfn * FRAME);

        for (uint32_t w = 0; w < WORDS; w++) {
            wrong += filled && page[w] != secrets_of(gfn);
            page[w] = secrets_of(gfn);
        }
    }
    filled = true;
    return wrong;
}

static void obey(uint64_t *reg)
{
    uint64_t operand[16] = {[GUEST_RCX] = reg[GUEST_RSI]};

    switch (reg[GUEST_RBX]) {
    case ORDER_MAP:
        reg[GUEST_RBX] =
            guest_vmcall(TDVMCALL_MAP_GPA, reg[GUEST_RSI], reg[GUEST_RDI], 0, 0, &reg[GUEST_RSI]);
        break;
    case ORDER_ACCEPT:
        reg[GUEST_RBX] = guest_tdcall(TDG_MEM_PAGE_ACCEPT, operand);
        break;
    case ORDER_SECRETS:
        reg[GUEST_RBX] = secrets();
        break;
    default:
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

/* --- a round ------------------------------------------------------------------------------------------------ */

static void run_with_order(struct tiny_run *run, uint64_t vcpu, enum order order, uint64_t a, uint64_t b)
{
    *run = (struct tiny_run){.vcpu = vcpu, .slice = LONG};
    run->reg[GUEST_RBX] = order;
    run->reg[GUEST_RSI] = a;
    run->reg[GUEST_RDI] = b;
    tiny_vcpu_run(run);
}

static void make_step(struct step *step)
{
    struct tiny_answer answer;

    for (uint32_t n = 0; n < step->delay; n++) {
        tiny_pause();
    }
    switch (step->kind) {
    case STEP_CALL:
        answer = tiny_call(step->call.number, step->call.argument[0], step->call.argument[1],
                           step->call.argument[2], step->call.argument[3], step->call.argument[4]);
        step->status = answer.status;
        step->value = answer.value;
        break;
    case STEP_LOOK:
        step->reached = tiny_try_read((uint64_t)tiny_at(step->a), &step->value) == TINY_NO_FAULT;
        break;
    default:
        run_with_order(&step->run, step->vcpu, step->kind == STEP_ACCEPT ? ORDER_ACCEPT : ORDER_MAP, step->a,
                       step->b);
        step->status = step->run.status;
        break;
    }
    step->ended = tiny_rdtsc();
}

static void make_steps(uint32_t cpu)
{
    for (uint32_t n = 0; n < STEPS; n++) {
        make_step(&steps[cpu][n]);
    }
}

static void other_cpu(uint32_t cpu)
{
    for (uint64_t next = 1;; next++) {
        while (__atomic_load_n(&round_now, __ATOMIC_ACQUIRE) < next) {
            tiny_pause();
        }
        make_steps(cpu);
        __atomic_store_n(&round_done, next, __ATOMIC_RELEASE);
    }
}

static void make_round(uint64_t number)
{
    __atomic_store_n(&round_now, number, __ATOMIC_RELEASE);
    make_steps(0);
    while (__atomic_load_n(&round_done, __ATOMIC_ACQUIRE) < number) {
        tiny_pause();
    }
}

/* --- what the steps are -------------------------------------------------------------------------------------- */

static uint32_t hostile_of_vcpu(uint64_t id)
{
    uint32_t h = 0;

    while (h < HOSTILES && guests[h].vcpus[0] != id && guests[h].vcpus[1] != id) {
        h++;
    }
    return h;
}

static uint32_t hostile_of(uint64_t id)
{
    uint32_t h = 0;

    while (h < HOSTILES && guests[h].partition != id) {
        h++;
    }
    return h;
}

static uint32_t guests_there(void)
{
    uint32_t there = 0;

    for (uint32_t g = 0; g < MODEL_GUESTS; g++) {
        there += model.guest[g].life != MODEL_ABSENT;
    }
    return there;
}

/* Both CPUs may create in a round, and the model has only so many places; the end of a hostile guest costs much, and is rare. */
static bool is_wanted(const struct model_call *call)
{
    return call->argument[0] != guard_id &&
           (call->number != HYPERCALL_PARTITION_CREATE || guests_there() + CPUS * STEPS < MODEL_GUESTS) &&
           (call->number != HYPERCALL_PARTITION_DESTROY || hostile_of(call->argument[0]) == HOSTILES ||
            hostile_chance(&hostile, 10));
}

static bool is_by_id(uint64_t number)
{
    return number == HYPERCALL_FRAME_DONATE || number == HYPERCALL_PARTITION_SEAL ||
           number == HYPERCALL_PARTITION_DESTROY || number == HYPERCALL_FRAME_RECLAIM ||
           number == HYPERCALL_VCPU_CREATE;
}

/* `focus`: the guest that most of the round is about, or none. */
static void choose_call(struct step *step, uint32_t focus)
{
    step->kind = STEP_CALL;
    do {
        hostile_hypercall(&hostile, &model, &step->call);
        if (focus < MODEL_GUESTS && is_by_id(step->call.number) && hostile_chance(&hostile, 80)) {
            step->call.argument[0] = model.guest[focus].id;
        }
    } while (!is_wanted(&step->call));
}

static void choose_guest_call(struct step *step, uint32_t h)
{
    step->h = h;
    step->vcpu = guests[h].vcpus[hostile_below(&hostile, GUEST_VCPUS)];
    step->kind = hostile_chance(&hostile, 80) ? STEP_MAP : STEP_ACCEPT;
    if (step->kind == STEP_MAP) {
        hostile_map(&hostile, &model, MAP_FIRST, SECRET_FIRST, &step->a, &step->b);
    } else {
        step->a = (MAP_FIRST + hostile_below(&hostile, SECRET_FIRST - MAP_FIRST)) * FRAME;
    }
}

static uint64_t some_frame(void)
{
    const uint32_t h = (uint32_t)hostile_below(&hostile, HOSTILES);
    const uint64_t page = MAP_FIRST + hostile_below(&hostile, SECRET_FIRST - MAP_FIRST);

    return hostile_chance(&hostile, 50) ? guests[h].first_hfn + page
                                        : model.first + hostile_below(&hostile, GROUND);
}

static void choose_step(struct step *step, uint32_t focus, uint32_t h)
{
    const uint64_t kind = hostile_below(&hostile, 100);

    step->delay = (uint32_t)hostile_below(&hostile, hostile_chance(&hostile, 30) ? DELAYS : 30);
    step->explained = false;
    step->h = HOSTILES;
    if (kind < 50) {
        choose_call(step, focus);
    } else if (kind < 65) {
        step->kind = STEP_RUN;
        step->vcpu = hostile_vcpu(&hostile, &model);
        if (hostile_of_vcpu(step->vcpu) < HOSTILES) {
            choose_guest_call(step, hostile_of_vcpu(step->vcpu));
        }
    } else if (kind < 85) {
        choose_guest_call(step, h);
    } else {
        step->kind = STEP_LOOK;
        step->a = some_frame();
    }
}

/* One CPU ends hostile guest `h` while the other runs it. */
static void end_under_way(uint32_t h)
{
    steps[0][0].kind = STEP_CALL;
    steps[0][0].h = HOSTILES;
    steps[0][0].call = (struct model_call){HYPERCALL_PARTITION_DESTROY, {guests[h].partition}};
    steps[0][0].delay = (uint32_t)hostile_below(&hostile, DELAYS / 4);
    choose_guest_call(&steps[1][0], h);
    steps[1][0].delay = (uint32_t)hostile_below(&hostile, DELAYS / 4);
}

/* Both donate the same frames, to the same guest or to another. */
static void donate_both(void)
{
    do {
        choose_call(&steps[0][0], MODEL_GUESTS);
    } while (steps[0][0].call.number != HYPERCALL_FRAME_DONATE);
    steps[0][0].h = HOSTILES;
    steps[0][0].delay = (uint32_t)hostile_below(&hostile, 30);
    steps[1][0] = steps[0][0];
    steps[1][0].delay = (uint32_t)hostile_below(&hostile, 30);
    if (hostile_chance(&hostile, 50)) {
        steps[1][0].call.argument[0] = model.guest[hostile_below(&hostile, MODEL_GUESTS)].id;
    }
}

static void choose_round(void)
{
    const uint32_t h = (uint32_t)hostile_below(&hostile, HOSTILES);
    uint32_t focus = MODEL_GUESTS;

    if (hostile_chance(&hostile, 60)) {
        focus = hostile_chance(&hostile, 20) ? in_model[h] : (uint32_t)hostile_below(&hostile, MODEL_GUESTS);
    }
    for (uint32_t n = 0; n < CPUS * STEPS; n++) {
        choose_step(&steps[n % CPUS][n / CPUS], focus,
                    hostile_chance(&hostile, 70) ? h : (uint32_t)hostile_below(&hostile, HOSTILES));
    }
    if (hostile_chance(&hostile, 1)) {
        end_under_way(h);
    } else if (hostile_chance(&hostile, 10)) {
        donate_both();
    }
}

/* --- was it right? ------------------------------------------------------------------------------------------- */

/* Does the other CPU run or end in this round what `step` of `cpu` is about: vCPU `id`, or all of guest `g`? */
static bool meets_other(uint32_t cpu, uint64_t id, uint32_t g)
{
    bool found = false;

    for (uint32_t n = 0; n < STEPS; n++) {
        const struct step *other = &steps[1 - cpu][n];

        if (other->kind == STEP_CALL) {
            found = found || (other->call.number == HYPERCALL_PARTITION_DESTROY && g < MODEL_GUESTS &&
                              other->call.argument[0] == before.guest[g].id);
        } else if (other->kind != STEP_LOOK) {
            found = found || other->vcpu == id;
        }
    }
    return found;
}

static bool judge_call(uint32_t cpu, const struct step *step)
{
    const uint32_t g = model_guest_of(&model, step->call.argument[0]);

    /* The other CPU has not yet done with its end. */
    if (step->call.number == HYPERCALL_FRAME_RECLAIM &&
        step->status == STATUS_AT((uint64_t)STATUS_BUSY, (uint64_t)OPERAND_RDI)) {
        return g < MODEL_GUESTS && model.guest[g].life == MODEL_DESTROYING && meets_other(cpu, 0, g);
    }
    return model_hypercall(&model, &step->call, step->status, step->value);
}

static bool judge_run(uint32_t cpu, const struct step *step)
{
    const bool ran = step->status == STATUS_OK;
    const bool killed = ran && tiny_run_kind(&step->run) == RUN_KILLED;
    const bool may = model_may_run(&model, step->vcpu);
    uint32_t g;

    (void)model_vcpu_of(&before, step->vcpu, &g);
    if (step->status % STATUS_OPERAND_UNIT == STATUS_BUSY) {
        return meets_other(cpu, step->vcpu, g);
    }
    if (!may || !ran) {
        return model_run_refused(&model, step->vcpu, step->status, killed);
    }
    if (step->kind == STEP_RUN) {
        model_killed(&model, g); /* it has no memory to run in */
        return killed;
    }
    if (killed || tiny_run_kind(&step->run) != RUN_GUEST_CALL || step->run.reg[GUEST_R14] != TINY_PORT) {
        return false;
    }
    return step->kind == STEP_MAP ? model_map_gpa(&model, g, step->a, step->b, step->run.reg[GUEST_RBX],
                                                  step->run.reg[GUEST_RSI])
                                  : model_accept(&model, g, step->a, step->run.reg[GUEST_RBX]);
}

/* Is what was seen of a frame what the model says now? */
static bool is_so(uint64_t hfn, bool reached, uint64_t word)
{
    const uint32_t at = model_manager_reaches(&model, hfn);

    return model_is_being_swept(&model, hfn - model.first) ||
           (reached == (at != MODEL_NO_FRAME) && (!reached || model_read(&model, at, word)));
}

/* A batch is not taken from the other CPU at one instant, but each of its frames is. */
static void explain_looks(void)
{
    for (uint32_t n = 0; n < CPUS * STEPS; n++) {
        struct step *step = &steps[n % CPUS][n / CPUS];

        if (step->kind == STEP_LOOK && !step->explained) {
            step->explained = is_so(step->a, step->reached, step->value);
        }
    }
}

static bool all_explained(void)
{
    bool all = true;

    for (uint32_t n = 0; n < CPUS * STEPS; n++) {
        const struct step *step = &steps[n % CPUS][n / CPUS];

        all = all && (step->kind != STEP_LOOK || step->explained);
    }
    for (uint32_t n = 0; n < seen_count; n++) {
        all = all && is_so(seen[n].hfn, seen[n].reached, seen[n].word);
    }
    return all;
}

/* The model as far as it is in use. */
static void copy_model(struct model *to, const struct model *from)
{
    const uint64_t unused = (MODEL_FRAMES - from->count) * sizeof(from->frame[0]);
    const uint64_t head = (uint64_t)((const uint8_t *)&from->frame[from->count] - (const uint8_t *)from);
    uint64_t *a = (uint64_t *)to;
    const uint64_t *b = (const uint64_t *)from;
    uint64_t words = head / sizeof(uint64_t);

    __asm__ volatile("rep movsq" : "+D"(a), "+S"(b), "+c"(words)::"memory");
    a = (uint64_t *)((uint8_t *)to + head + unused);
    b = (const uint64_t *)((const uint8_t *)from + head + unused);
    words = (sizeof(*from) - head - unused) / sizeof(uint64_t);
    __asm__ volatile("rep movsq" : "+D"(a), "+S"(b), "+c"(words)::"memory");
}

/* Are the steps right in this order?  Bit n of `order`: the CPU that makes the one after n others. */
static bool is_right_in(uint32_t order)
{
    uint32_t next[CPUS] = {0};

    for (uint32_t n = 0; n < CPUS * STEPS; n++) {
        steps[n % CPUS][n / CPUS].explained = false;
    }
    explain_looks();
    for (uint32_t n = 0; n < CPUS * STEPS; n++) {
        const uint32_t cpu = order >> n & 1;
        const struct step *step = &steps[cpu][next[cpu]++];

        if (step->kind == STEP_LOOK) {
            continue;
        }
        if (step->kind == STEP_CALL ? !judge_call(cpu, step) : !judge_run(cpu, step)) {
            return false;
        }
        explain_looks();
    }
    return all_explained();
}

static uint32_t order_of_ends(void)
{
    uint32_t next[CPUS] = {0};
    uint32_t order = 0;

    for (uint32_t n = 0; n < CPUS * STEPS; n++) {
        const uint32_t cpu =
            next[0] == STEPS || (next[1] < STEPS && steps[1][next[1]].ended < steps[0][next[0]].ended);

        order |= cpu << n;
        next[cpu]++;
    }
    return order;
}

static uint32_t bits(uint32_t order)
{
    uint32_t count = 0;

    for (; order != 0; order &= order - 1) {
        count++;
    }
    return count;
}

/* That in which they ended is mostly it. */
static bool has_order(void)
{
    copy_model(&before, &model);
    if (is_right_in(order_of_ends())) {
        return true;
    }
    for (uint32_t order = 0; order < ORDERS; order++) {
        if (bits(order) != STEPS) {
            continue;
        }
        copy_model(&model, &before);
        if (is_right_in(order)) {
            reordered++;
            return true;
        }
    }
    return false;
}

static void see(uint64_t hfn)
{
    if (hfn - model.first < model.count && seen_count < SEEN_MAX) {
        seen[seen_count].hfn = hfn;
        seen[seen_count].reached =
            tiny_try_read((uint64_t)tiny_at(hfn), &seen[seen_count].word) == TINY_NO_FAULT;
        seen_count++;
    }
}

static void look_at_round(void)
{
    seen_count = 0;
    for (uint32_t n = 0; n < CPUS * STEPS; n++) {
        const struct step *step = &steps[n % CPUS][n / CPUS];
        const uint64_t page = (step->a & ~model.shared_bit) / FRAME;

        counts[step->kind]++;
        denied += step->kind == STEP_LOOK ? !step->reached
                                          : step->status != STATUS_OK && step->status != STATUS_RETRY;
        met += step->kind != STEP_LOOK && step->status % STATUS_OPERAND_UNIT == STATUS_BUSY;
        thrown_out +=
            step->h < HOSTILES && step->status == STATUS_OK && tiny_run_kind(&step->run) == RUN_KILLED;
        if (step->kind == STEP_CALL && step->call.number == HYPERCALL_FRAME_DONATE) {
            for (uint64_t k = 0; k < step->call.argument[3] && k < FRAME_BATCH_MAX; k++) {
                see(step->call.argument[2] + k);
            }
        } else if (step->kind == STEP_MAP && page >= MAP_FIRST && page < SECRET_FIRST) {
            for (uint64_t k = 0; k < step->b / FRAME && k < FRAME_BATCH_MAX; k++) {
                see(guests[step->h].first_hfn + page + k);
            }
        } else if (step->kind == STEP_LOOK) {
            see(step->a);
        }
    }
}

/* --- failures -------------------------------------------------------------------------------------------------- */

static void say(const char *text, uint64_t number)
{
    tiny_text(text);
    tiny_hex(number);
}

static void tell_step(uint32_t cpu, const struct step *step)
{
    say("  CPU ", cpu);
    say(" at ", step->ended);
    tiny_text(": ");
    tiny_text(step_names[step->kind]);
    if (step->kind == STEP_CALL) {
        say(" ", step->call.number);
        for (uint32_t n = 0; n < 5; n++) {
            say(" ", step->call.argument[n]);
        }
    } else if (step->kind == STEP_LOOK) {
        say(" ", step->a);
        tiny_text(step->reached ? " reached" : " denied");
    } else {
        say(" of ", step->vcpu);
        say(" ", step->a);
        say(" ", step->b);
        say(" exit ", step->run.exit);
        say(" ", step->run.reg[GUEST_RBX]);
        say(" ", step->run.reg[GUEST_RSI]);
    }
    say(" => ", step->status);
    say(" ", step->value);
    tiny_text("\r\n");
}

static void tell_round(uint64_t number)
{
    say("FAIL no order explains round ", number);
    tiny_text("; the last one that was tried: ");
    tiny_text(model.complaint != NULL ? model.complaint : "(nothing)");
    say(" ", model.wanted);
    say(" ", model.got);
    tiny_text("\r\n");
    for (uint32_t n = 0; n < CPUS * STEPS; n++) {
        tell_step(n % CPUS, &steps[n % CPUS][n / CPUS]);
    }
    for (uint32_t n = 0; n < seen_count; n++) {
        say("  frame ", seen[n].hfn);
        say(seen[n].reached ? " holds " : " out of reach ", seen[n].word);
        tiny_text("\r\n");
    }
}

static bool fail(const char *what, uint64_t a, uint64_t b)
{
    tiny_text("FAIL ");
    tiny_text(what);
    say(" ", a);
    say(" ", b);
    tiny_text("\r\n");
    return false;
}

/* --- between rounds --------------------------------------------------------------------------------------------- */

static bool call_and_judge(uint64_t number, uint64_t id, uint64_t *status)
{
    const struct model_call call = {number, {id}};
    const struct tiny_answer answer = tiny_call(number, id, 0, 0, 0, 0);

    *status = answer.status;
    return model_hypercall(&model, &call, answer.status, answer.value) ||
           fail(model.complaint, model.wanted, model.got);
}

/* Guest `g` of the model is ended, its memory taken back. */
static bool end_guest(uint32_t g)
{
    const uint64_t id = model.guest[g].id;
    uint64_t status;

    if (model.guest[g].life != MODEL_DESTROYING &&
        !call_and_judge(HYPERCALL_PARTITION_DESTROY, id, &status)) {
        return false;
    }
    do {
        if (!call_and_judge(HYPERCALL_FRAME_RECLAIM, id, &status)) {
            return false;
        }
    } while (status == STATUS_RETRY);
    return true;
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
    guest->vcpus = GUEST_VCPUS;
    guest->made = GUEST_VCPUS;
    for (uint32_t v = 0; v < GUEST_VCPUS; v++) {
        guest->vcpu[v] = (struct model_vcpu){.id = guests[h].vcpus[v]};
    }
    model.ids[model.ids_given++ % MODEL_IDS] = guest->id;
    for (uint64_t p = 0; p < guests[h].frames; p++) {
        const uint64_t at = guests[h].first_hfn - model.first + p;

        guest->page[p] = (uint16_t)at;
        model.frame[at] = (struct model_frame){.owner = (uint8_t)g, .page = (uint16_t)p};
    }
}

static bool order_of(uint32_t h, uint32_t v, enum order order, uint64_t wanted)
{
    struct tiny_run run;

    run_with_order(&run, guests[h].vcpus[v], order, 0, 0);
    return (run.status == STATUS_OK && tiny_run_kind(&run) == RUN_GUEST_CALL &&
            run.reg[GUEST_R14] == TINY_PORT && run.reg[GUEST_RBX] == wanted) ||
           fail("a guest does not obey", run.status == STATUS_OK ? tiny_run_kind(&run) : run.status,
                run.reg[GUEST_RBX]);
}

static bool make_guest(uint32_t h, uint64_t first_hfn)
{
    guests[h].first_hfn = first_hfn;
    if (!tiny_guest_make_vcpus(&guests[h], hostile_guest, GUEST_VCPUS, true)) {
        return fail("a guest cannot be made", h, 0);
    }
    adopt(h);
    lives++;
    for (uint32_t v = 0; v < GUEST_VCPUS; v++) {
        if (!order_of(h, v, 0, 0)) {
            return false;
        }
    }
    return order_of(h, 0, ORDER_SECRETS, 0);
}

/* A hostile guest that is being destroyed ends, and so do those that got frames of it; then it lives again. */
static bool another_life(uint32_t h)
{
    if (!end_guest(in_model[h])) {
        return false;
    }
    for (uint64_t p = 0; p < guests[h].frames; p++) {
        const uint32_t owner = model.frame[guests[h].first_hfn - model.first + p].owner;

        if (owner != MODEL_NO_GUEST && !end_guest(owner)) {
            return false;
        }
    }
    return make_guest(h, guests[h].first_hfn);
}

/* How often any secret stands in memory the manager can read. */
/* The manager looks at frames, and writes to those in its reach. */
static bool write_some(void)
{
    for (uint32_t n = 0; n < WRITES; n++) {
        const uint64_t hfn = some_frame();
        const uint32_t at = model_manager_reaches(&model, hfn);
        uint64_t word = 0;
        const bool reached = tiny_try_read((uint64_t)tiny_at(hfn), &word) == TINY_NO_FAULT;

        if (!is_so(hfn, reached, word)) {
            return fail("a frame is not as the model says", hfn, word);
        }
        if (reached && at != MODEL_NO_FRAME) {
            *(uint64_t *)tiny_at(hfn) = hostile_number(&hostile);
            model_wrote(&model, at, *(uint64_t *)tiny_at(hfn));
        }
    }
    return true;
}

static bool tidy_up(uint64_t number)
{
    for (uint32_t h = 0; h < HOSTILES; h++) {
        const struct model_guest *guest = &model.guest[in_model[h]];

        if ((guest->life != MODEL_SEALED || guest->id != guests[h].partition) && !another_life(h)) {
            return false;
        }
        if (number % SECRETS_EACH == 0 && !order_of(h, 0, ORDER_SECRETS, 0)) {
            return false;
        }
    }
    return write_some();
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
    return top != 0 && tiny_cpu_start(1, other_cpu) == STATUS_OK;
}

static bool race(uint64_t rounds)
{
    for (uint64_t number = 1; number <= rounds; number++) {
        choose_round();
        make_round(number);
        look_at_round();
        if (!has_order()) {
            tell_round(number);
            return false;
        }
        if (!tidy_up(number)) {
            return false;
        }
        if (number % PROGRESS == 0) {
            tiny_text("  ");
            tiny_decimal(number);
            tiny_text(" rounds\r\n");
        }
    }
    return true;
}

static void table(uint64_t rounds, bool right)
{
    uint64_t calls = 0;
    const uint64_t *numbers[] = {&rounds, &calls, &denied};

    for (uint32_t k = 0; k < STEP_KINDS; k++) {
        calls += counts[k];
    }
    tiny_text("TABLE two CPUs at once");
    for (uint32_t n = 0; n < 3; n++) {
        tiny_text("|");
        tiny_decimal(*numbers[n]);
    }
    tiny_text(right ? "|0\r\n" : "|1\r\n");
}

static void count(const char *what, uint64_t number)
{
    tiny_text("  ");
    tiny_decimal(number);
    tiny_text(what);
    tiny_text("\r\n");
}

void tiny_main(const struct boot_info *boot)
{
    const uint64_t seed = tiny_setting(boot, "torture-seed=", tiny_rdtsc());
    const uint64_t rounds = tiny_setting(boot, "torture-rounds=", ROUNDS);
    bool right;

    tiny_text("races: seed ");
    tiny_decimal(seed);
    tiny_text(" (again: torture-seed= on the core's command line)\r\n");
    hostile.state = hostile_seed(seed, 1);
    if (!prepare()) {
        tiny_check("the hostile guests and CPUs are there", false);
        return;
    }
    right = race(rounds);
    tiny_check("each round has an order that explains it", right);
    tiny_check_equal("secrets found", secrets_in_reach(&model), 0);
    count(" calls met one of the other CPU's that was not over", met);
    count(" runs of guests ended with the guest's end", thrown_out);
    count(" rounds were not in the order in which their steps ended", reordered);
    count(" lives of guests", lives);
    tiny_check("the CPUs met", (rounds < PROGRESS || met > 0) && (rounds < ROUNDS || thrown_out > 0));
    table(rounds, right);
}
