/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_SCHEDULE_H
#define MANAGER_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Which vCPU runs next on each CPU.  Every vCPU is in the queue of one CPU, each queue with its own lock; of those that
 * can run, the one goes first that has had least for its weight.  A CPU with too little to do takes from one with more.
 * All times are TSC values.  Pure but for cpu_interrupt().
 */
#define SCHEDULE_CPUS_MAX  64u
#define SCHEDULE_VCPUS_MAX 256u

/* What the vCPUs of one guest have in common. */
struct schedule_share {
    uint32_t weight;      /* of the guest against others; its vCPUs share it */
    uint32_t vcpus;       /* how many do */
    uint32_t cap;         /* percent of one CPU, for all of them together; 0: no limit */
    uint64_t cpus;        /* mask of those it may run on */
    uint64_t period;      /* of the cap: its number, */
    uint64_t period_used; /* and ticks used in it */
};

enum schedule_state {
    SCHEDULE_OUT = 0, /* in no queue */
    SCHEDULE_HALTED = 1,
    SCHEDULE_WAITING = 2, /* for a CPU */
    SCHEDULE_RUNNING = 3,
};

struct schedule_vcpu {
    struct schedule_share *share;
    enum schedule_state state; /* this and what follows: under the lock of its queue */
    uint32_t cpu;              /* whose queue it is in; SCHEDULE_CPUS_MAX: on its way from one to another */
    bool woken;                /* while it ran: it does not halt; since then: nobody goes before it */
    uint64_t deadline;         /* HALTED: when it wants to run again */
    uint64_t virtual_time;     /* what it has had: ticks times its guest's vCPUs over its weight */
    uint64_t uncharged;        /* what is not in it yet: less than its weight */
    uint64_t since;            /* when it came into this state */
    uint64_t ran, waited;      /* ticks in all */
};

/* `cpus` CPUs, with nothing to run. */
void schedule_start(uint32_t cpus, uint64_t ticks_in_ms);

/* It can run from now on.  False: there is no room for it. */
bool schedule_add(struct schedule_vcpu *vcpu, struct schedule_share *share, uint64_t now);
/* It is OUT.  False: it runs, and leaves the queue when it comes back; ask again. */
bool schedule_remove(struct schedule_vcpu *vcpu);

/* The one to run on CPU `cpu`, until `*end` at the latest, or NULL: then cpu_interrupt() comes when there is one, and
 * nothing is to be done before `*end`. */
struct schedule_vcpu *schedule_pick(uint32_t cpu, uint64_t now, uint64_t *end);

/* It ran on CPU `cpu` since it was picked.  `halted`: until `deadline`, or until it is woken. */
void schedule_put(struct schedule_vcpu *vcpu, uint64_t now, bool halted, uint64_t deadline);

/* Something has come for it: it can run. */
void schedule_wake(struct schedule_vcpu *vcpu, uint64_t now);

/* Make CPU `cpu`, which waits, look again (manager/cpu.c). */
void cpu_interrupt(uint32_t cpu);

#endif
