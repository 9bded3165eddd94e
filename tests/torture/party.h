/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TORTURE_PARTY_H
#define TESTS_TORTURE_PARTY_H

#include <stdint.h>

#include "tests/model/hostile.h"

/*
 * A hostile manager and its hostile guests on the machine of machine.h.  Each step is one thing that the partition
 * which runs does; then all that it and the next one can see is compared with the model, and searched for what others hold.
 */
enum party_resource {
    PARTY_HYPERCALL = 0,
    PARTY_RUN = 1,
    PARTY_GUEST_CALL = 2,
    PARTY_MAP_GPA = 3,
    PARTY_MEMORY = 4,
    PARTY_PORT = 5,
    PARTY_MSR = 6,
    PARTY_INTERRUPT = 7,
    PARTY_INSTRUCTION = 8,
    PARTY_ENTRY_FAILURE = 9,
    PARTY_RESOURCES = 10,
};
extern const char *const party_names[PARTY_RESOURCES];

struct party_count {
    uint64_t calls, denied;
};
extern struct party_count party_counts[PARTY_RESOURCES];
extern uint64_t party_entries; /* of guests */
extern uint64_t party_kills;
extern char party_last[256]; /* what the last step was */

/* A machine just booted. */
void party_start(void);
void party_step(struct hostile *hostile);
/* Compare everything there is with the model. */
void party_compare_all(void);

/* Steps that a test chooses.  By the manager: a call, which returns its status; a call by its user mode; a run of vCPU `id`: is it
 * entered?  By the guest that was entered: a hypercall, MapGPA, PAGE_ACCEPT, a port access that the manager must answer, HLT, an
 * interrupt that ends its run, its end. */
uint64_t party_call(const struct model_call *call, uint64_t *value);
void party_user_call(const struct model_call *call);
void party_guest_hypercall(const struct model_call *call);
bool party_run(uint64_t id);
void party_map(uint64_t start, uint64_t bytes);
void party_accept(uint64_t operand);
void party_wait(void);
void party_halt(void);
void party_interrupt(void);
void party_triple_fault(void);
extern struct model party_model;

#endif
