/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TRANSITION_TRANSITION_H
#define TESTS_TRANSITION_TRANSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/model/model.h"

/*
 * Every state of a partition, of its vCPUs and of its frames against every call with every kind of argument, by the manager, by
 * the manager's user mode and by the guest, on some machine with the core: on the host (tests/torture/transition.c), in an
 * emulator or on a real one (tests/attack/transition.c).
 */
#define TRANSITION_FRAMES 40u /* of the guest, but for those it needs to live */

/* The machine's, for the test. */
struct transition_place {
    uint64_t first;     /* frames of the manager's for the guest, as many more after them */
    uint64_t neighbour; /* of the manager's, with one before: the neighbour's, 40 */
    uint64_t other;     /* of the manager's, 40 */
    uint64_t below;     /* not of the manager's, and after it those that are */
    uint64_t last;      /* after it are none of the manager's */
    uint64_t core;      /* of the core's */
    uint64_t limit;     /* first frame above all RAM */
    uint64_t shared_gfn;
    uint64_t slots; /* of partitions */
    /* What a guest needs to live: frames, and the pages it has them at. */
    uint64_t system, system_gfn, system_count;
    uint64_t rip, cr3;
};

struct transition_counts {
    uint64_t passed, calls, refused;
};
extern struct transition_counts transition_counts;
extern const char *transition_state; /* what the state is called that is being tried */

/* Comes back when nothing was wrong. */
void transition_all(const struct transition_place *place);

/*
 * Below: what the machine does.  Each step is compared with the model; what is wrong does not come back.
 */
/* No guest is there, and all frames are the manager's. */
void step_start(void);
/* The manager calls; returns the status. */
uint64_t step_call(const struct model_call *call, uint64_t *value);
/* Its user mode makes this call, or the guest that runs: they have none. */
void step_user_call(const struct model_call *call);
void step_guest_hypercall(const struct model_call *call);
/* The manager runs a vCPU: was it entered?  Then it runs. */
bool step_run(uint64_t vcpu);
/* The guest that runs: MapGPA, PAGE_ACCEPT; a port access that the manager must answer; it halts; an interrupt ends its
 * run; it ends.  After the last four the manager runs. */
void step_map(uint64_t start, uint64_t bytes);
void step_accept(uint64_t operand);
void step_wait(void);
void step_halt(void);
void step_interrupt(void);
void step_triple_fault(void);
/* Everything is as the model says. */
void step_compare(void);
_Noreturn void step_fails(const char *what);

#endif
