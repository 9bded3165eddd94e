/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/schedule.h"

#include <stddef.h>

#include "manager/lock.h"

enum {
    SLICE_MS = 2,
    IDLE_MS = 100,   /* a CPU without any deadline looks around that often */
    PERIOD_MS = 100, /* of caps */
    NOWHERE = SCHEDULE_CPUS_MAX,
    LAG_SLICES = 3, /* what a queue may be behind others: it lacks members, not turns */
    REST_PARTS = 8, /* of a millisecond: the least rest of a cap that is used */
    MOVE_PARTS = 4, /* of a slice: what one must be behind another queue's to be worth a move */
};
#define NEVER UINT64_MAX

struct queue {
    struct lock lock;
    bool idle;       /* its CPU waits for an interrupt */
    uint32_t active; /* members that run or wait */
    uint32_t count;
    uint64_t floor; /* virtual time of the one that was picked last: newcomers begin here */
    /* For other CPUs, a moment old: the least virtual time of those that can run and may do so elsewhere, */
    uint64_t least;
    uint64_t offer; /* and of those of them that wait; NEVER: there are none */
    struct schedule_vcpu *members[SCHEDULE_VCPUS_MAX];
};

static struct queue queues[SCHEDULE_CPUS_MAX];
static uint32_t queue_count;
static uint64_t ms;

void schedule_start(uint32_t cpus, uint64_t ticks_in_ms)
{
    for (uint32_t i = 0; i < SCHEDULE_CPUS_MAX; i++) {
        queues[i] = (struct queue){.floor = 1, .least = NEVER, .offer = NEVER};
    }
    queue_count = cpus < SCHEDULE_CPUS_MAX ? cpus : SCHEDULE_CPUS_MAX;
    ms = ticks_in_ms;
}

static bool is_active(const struct schedule_vcpu *vcpu)
{
    return vcpu->state == SCHEDULE_WAITING || vcpu->state == SCHEDULE_RUNNING;
}

static uint64_t virtual_ticks(const struct schedule_share *share, uint64_t ticks)
{
    return ticks * share->vcpus / share->weight;
}

/* To the tick: what a division leaves of each of many short runs would be much in the end. */
static void charge(struct schedule_vcpu *vcpu, uint64_t ticks)
{
    const uint64_t due = ticks * vcpu->share->vcpus + vcpu->uncharged;

    vcpu->virtual_time += due / vcpu->share->weight;
    vcpu->uncharged = due % vcpu->share->weight;
}

/* Under the lock of its queue. */
static void set_state(struct schedule_vcpu *vcpu, enum schedule_state state, uint64_t now)
{
    struct queue *queue = &queues[vcpu->cpu];
    const uint64_t ticks = now > vcpu->since ? now - vcpu->since : 0;

    queue->active -= is_active(vcpu);
    if (vcpu->state == SCHEDULE_WAITING) {
        vcpu->waited += ticks;
    } else if (vcpu->state == SCHEDULE_RUNNING) {
        vcpu->ran += ticks;
        charge(vcpu, ticks);
        __atomic_fetch_add(&vcpu->share->period_used, ticks, __ATOMIC_RELAXED);
    }
    vcpu->state = state;
    vcpu->since = now;
    queue->active += is_active(vcpu);
}

static bool enter(uint32_t cpu, struct schedule_vcpu *vcpu)
{
    struct queue *queue = &queues[cpu];

    if (queue->count == SCHEDULE_VCPUS_MAX) {
        return false;
    }
    queue->members[queue->count++] = vcpu;
    queue->active += is_active(vcpu);
    __atomic_store_n(&vcpu->cpu, cpu, __ATOMIC_RELEASE);
    return true;
}

static void leave(struct schedule_vcpu *vcpu)
{
    struct queue *queue = &queues[vcpu->cpu];
    uint32_t at = 0;

    while (queue->members[at] != vcpu) {
        at++;
    }
    queue->members[at] = queue->members[--queue->count];
    queue->active -= is_active(vcpu);
    __atomic_store_n(&vcpu->cpu, NOWHERE, __ATOMIC_RELEASE);
}

/* The lock of the queue it is in, wherever it goes meanwhile.  NULL: it is OUT. */
static struct queue *lock_queue_of(const struct schedule_vcpu *vcpu)
{
    for (;;) {
        const uint32_t cpu = __atomic_load_n(&vcpu->cpu, __ATOMIC_ACQUIRE);
        if (__atomic_load_n(&vcpu->state, __ATOMIC_ACQUIRE) == SCHEDULE_OUT) {
            return NULL;
        }
        if (cpu == NOWHERE) {
            __builtin_ia32_pause();
            continue;
        }
        lock_take(&queues[cpu].lock);
        if (__atomic_load_n(&vcpu->cpu, __ATOMIC_ACQUIRE) == cpu) {
            return &queues[cpu];
        }
        lock_drop(&queues[cpu].lock);
    }
}

static bool may_run_on(const struct schedule_share *share, uint32_t cpu)
{
    return (share->cpus >> cpu & 1) != 0;
}

static uint32_t load_of(uint32_t cpu)
{
    return __atomic_load_n(&queues[cpu].active, __ATOMIC_RELAXED);
}

/* The CPU with least to do of those it may run on; the first where it may run on none that there is. */
static uint32_t least_loaded(const struct schedule_share *share)
{
    uint32_t best = NOWHERE;

    for (uint32_t cpu = 0; cpu < queue_count; cpu++) {
        if (may_run_on(share, cpu) && (best == NOWHERE || load_of(cpu) < load_of(best))) {
            best = cpu;
        }
    }
    return best == NOWHERE ? 0 : best;
}

/* Something waits in the queue of `cpu`: that CPU, or else an idle one that may take it, is to look. */
static void tell(uint32_t cpu, const struct schedule_share *share)
{
    if (__atomic_load_n(&queues[cpu].idle, __ATOMIC_SEQ_CST)) {
        cpu_interrupt(cpu);
        return;
    }
    for (uint32_t other = 0; other < queue_count; other++) {
        if (may_run_on(share, other) && __atomic_load_n(&queues[other].idle, __ATOMIC_SEQ_CST)) {
            cpu_interrupt(other);
            return;
        }
    }
}

/* Ticks that it may still run in this period: what other CPUs run now is not counted yet. */
static uint64_t left_of_cap(struct schedule_share *share, uint64_t now)
{
    const uint64_t period = now / (PERIOD_MS * ms);
    const uint64_t granted = PERIOD_MS * ms * share->cap / 100;
    uint64_t used;

    if (share->cap == 0) {
        return NEVER;
    }
    /* Two CPUs may find the new period at once: both set it to nothing used. */
    if (__atomic_load_n(&share->period, __ATOMIC_RELAXED) != period) {
        __atomic_store_n(&share->period, period, __ATOMIC_RELAXED);
        __atomic_store_n(&share->period_used, 0, __ATOMIC_RELAXED);
    }
    used = __atomic_load_n(&share->period_used, __ATOMIC_RELAXED);
    return granted > used ? granted - used : 0;
}

/* A rest that is not worth a switch counts as none: the core takes many short runs in a row for single-stepping. */
static bool is_over_cap(struct schedule_share *share, uint64_t now)
{
    return left_of_cap(share, now) < ms / REST_PARTS;
}

/* Under the lock of the queue of `cpu`: what its members have had, for other CPUs to see. */
static void publish(uint32_t cpu, uint64_t now)
{
    struct queue *queue = &queues[cpu];
    uint64_t least = NEVER;
    uint64_t offer = NEVER;

    for (uint32_t i = 0; i < queue->count; i++) {
        const struct schedule_vcpu *vcpu = queue->members[i];

        if (!is_active(vcpu) || (vcpu->share->cpus & ~(1ull << cpu)) == 0) {
            continue;
        }
        least = vcpu->virtual_time < least ? vcpu->virtual_time : least;
        if (vcpu->state == SCHEDULE_WAITING && !is_over_cap(vcpu->share, now)) {
            offer = vcpu->virtual_time < offer ? vcpu->virtual_time : offer;
        }
    }
    __atomic_store_n(&queue->least, least, __ATOMIC_RELAXED);
    __atomic_store_n(&queue->offer, offer, __ATOMIC_RELAXED);
}

bool schedule_add(struct schedule_vcpu *vcpu, struct schedule_share *share, uint64_t now)
{
    const uint32_t cpu = least_loaded(share);
    bool entered;

    vcpu->cpu = NOWHERE;
    *vcpu = (struct schedule_vcpu){.share = share, .state = SCHEDULE_WAITING, .cpu = NOWHERE, .since = now};
    lock_take(&queues[cpu].lock);
    vcpu->virtual_time = queues[cpu].floor;
    entered = enter(cpu, vcpu);
    publish(cpu, now);
    lock_drop(&queues[cpu].lock);
    if (!entered) {
        vcpu->state = SCHEDULE_OUT;
        return false;
    }
    tell(cpu, share);
    return true;
}

bool schedule_remove(struct schedule_vcpu *vcpu)
{
    struct queue *queue = lock_queue_of(vcpu);
    bool runs;

    if (queue == NULL) {
        return true;
    }
    runs = vcpu->state == SCHEDULE_RUNNING;
    if (!runs) {
        leave(vcpu);
        __atomic_store_n(&vcpu->state, SCHEDULE_OUT, __ATOMIC_RELEASE);
    }
    lock_drop(&queue->lock);
    return !runs;
}

/* One that has slept does not come back with all that it might have had meanwhile; but it goes before all who wait. */
static void make_runnable(struct queue *queue, struct schedule_vcpu *vcpu, uint64_t now)
{
    const uint64_t begin = queue->floor - 1;

    set_state(vcpu, SCHEDULE_WAITING, now);
    vcpu->woken = true;
    if (vcpu->virtual_time < begin) {
        vcpu->virtual_time = begin;
    }
}

/* Wakes who waited for this moment. */
static void wake_due(struct queue *queue, uint64_t now)
{
    for (uint32_t i = 0; i < queue->count; i++) {
        if (queue->members[i]->state == SCHEDULE_HALTED && now >= queue->members[i]->deadline) {
            make_runnable(queue, queue->members[i], now);
        }
    }
}

/* The one that goes first, or NULL; `*end`, where it is not NULL: when something else is to be done. */
static struct schedule_vcpu *first_of(struct queue *queue, uint64_t now, uint64_t *end)
{
    struct schedule_vcpu *first = NULL;

    for (uint32_t i = 0; i < queue->count; i++) {
        struct schedule_vcpu *vcpu = queue->members[i];

        if (vcpu->state == SCHEDULE_HALTED && vcpu->deadline < *end) {
            *end = vcpu->deadline;
        }
        if (vcpu->state != SCHEDULE_WAITING) {
            continue;
        }
        if (is_over_cap(vcpu->share, now)) {
            const uint64_t next = (now / (PERIOD_MS * ms) + 1) * PERIOD_MS * ms;
            *end = next < *end ? next : *end;
        } else if (first == NULL || vcpu->virtual_time < first->virtual_time) {
            first = vcpu;
        }
    }
    return first;
}

/* Under the lock of the queue of `from`: the one that waits there, may run on `cpu` and has had least, where that is less, by
 * enough, than who goes first on `cpu` has had (`own`; NEVER: nobody does).  Or NULL. */
static struct schedule_vcpu *best_offer(uint32_t from, uint32_t cpu, uint64_t own, uint64_t now)
{
    struct schedule_vcpu *best = NULL;

    for (uint32_t i = 0; i < queues[from].count; i++) {
        struct schedule_vcpu *vcpu = queues[from].members[i];
        if (vcpu->state == SCHEDULE_WAITING && may_run_on(vcpu->share, cpu) &&
            !is_over_cap(vcpu->share, now) && (best == NULL || vcpu->virtual_time < best->virtual_time)) {
            best = vcpu;
        }
    }
    if (best == NULL || own == NEVER) {
        return best;
    }
    return best->virtual_time + virtual_ticks(best->share, SLICE_MS * ms / MOVE_PARTS) < own ? best : NULL;
}

/* Takes over from `from` what is worth it. */
static void take_over(uint32_t cpu, uint32_t from, uint64_t own, uint64_t now)
{
    struct schedule_vcpu *taken;
    uint64_t lag;
    bool entered;

    lock_take(&queues[from].lock);
    taken = best_offer(from, cpu, own, now);
    if (taken != NULL) {
        leave(taken);
        publish(from, now);
    }
    lock_drop(&queues[from].lock);
    if (taken == NULL) {
        return;
    }
    /* The others here do not have to wait long for one that has had much less. */
    lag = virtual_ticks(taken->share, LAG_SLICES * SLICE_MS * ms);
    if (own != NEVER && taken->virtual_time + lag < own) {
        taken->virtual_time = own - lag;
    }
    lock_take(&queues[cpu].lock);
    entered = enter(cpu, taken);
    lock_drop(&queues[cpu].lock);
    if (!entered) {
        lock_take(&queues[from].lock);
        (void)enter(from, taken); /* it has just left it */
        lock_drop(&queues[from].lock);
    }
}

/* `first` has more of a CPU than its weight says, for want of others: it falls behind those of other queues, and would have
 * its CPU to itself for long when more come.  So its queue is brought to within a few slices of the others. */
static void keep_up(uint32_t cpu, const struct schedule_vcpu *first)
{
    struct queue *queue = &queues[cpu];
    const uint64_t lag = virtual_ticks(first->share, LAG_SLICES * SLICE_MS * ms);
    uint64_t others = 0;

    for (uint32_t other = 0; other < queue_count; other++) {
        const uint64_t least = __atomic_load_n(&queues[other].least, __ATOMIC_RELAXED);
        others = other != cpu && least != NEVER && least > others ? least : others;
    }
    if (others <= first->virtual_time + lag) {
        return;
    }
    others -= first->virtual_time + lag;
    for (uint32_t i = 0; i < queue->count; i++) {
        queue->members[i]->virtual_time += others;
    }
    queue->floor += others;
}

/* Has one that waits elsewhere had less than who goes first here? */
static void balance(uint32_t cpu, uint64_t now)
{
    uint64_t unused = NEVER;
    uint64_t least;
    uint64_t own;
    uint32_t from = NOWHERE;
    const struct schedule_vcpu *first;
    bool woken;

    lock_take(&queues[cpu].lock);
    wake_due(&queues[cpu], now);
    first = first_of(&queues[cpu], now, &unused);
    woken = first != NULL && first->woken;
    if (first != NULL && queues[cpu].offer == NEVER) {
        keep_up(cpu, first);
    }
    own = first != NULL ? first->virtual_time : NEVER;
    lock_drop(&queues[cpu].lock);
    /* One that was woken waits for nobody, from wherever. */
    if (woken) {
        return;
    }

    least = own;
    for (uint32_t other = 0; other < queue_count; other++) {
        const uint64_t offer = __atomic_load_n(&queues[other].offer, __ATOMIC_RELAXED);
        if (other != cpu && offer < least) {
            from = other;
            least = offer;
        }
    }
    if (from != NOWHERE) {
        take_over(cpu, from, own, now);
    }
}

struct schedule_vcpu *schedule_pick(uint32_t cpu, uint64_t now, uint64_t *end)
{
    struct queue *queue = &queues[cpu];
    struct schedule_vcpu *first;
    uint64_t slice;

    balance(cpu, now);
    lock_take(&queue->lock);
    *end = now + IDLE_MS * ms;
    first = first_of(queue, now, end);
    if (first != NULL) {
        set_state(first, SCHEDULE_RUNNING, now);
        first->woken = false;
        queue->floor = first->virtual_time > queue->floor ? first->virtual_time : queue->floor;
        slice = left_of_cap(first->share, now);
        slice = slice < SLICE_MS * ms ? slice : SLICE_MS * ms;
        *end = now + slice < *end ? now + slice : *end;
    }
    publish(cpu, now);
    __atomic_store_n(&queue->idle, first == NULL, __ATOMIC_SEQ_CST);
    lock_drop(&queue->lock);
    return first;
}

void schedule_put(struct schedule_vcpu *vcpu, uint64_t now, bool halted, uint64_t deadline)
{
    struct queue *queue = lock_queue_of(vcpu);

    vcpu->deadline = deadline;
    set_state(vcpu, halted && !vcpu->woken ? SCHEDULE_HALTED : SCHEDULE_WAITING, now);
    lock_drop(&queue->lock);
}

void schedule_wake(struct schedule_vcpu *vcpu, uint64_t now)
{
    struct queue *queue = lock_queue_of(vcpu);
    uint32_t cpu;
    bool was_halted;

    if (queue == NULL) {
        return;
    }
    cpu = vcpu->cpu;
    was_halted = vcpu->state == SCHEDULE_HALTED;
    vcpu->woken = true;
    if (was_halted) {
        make_runnable(queue, vcpu, now);
        publish(cpu, now);
    }
    lock_drop(&queue->lock);
    if (was_halted) {
        tell(cpu, vcpu->share);
    }
}
