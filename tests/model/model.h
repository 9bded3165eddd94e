/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MODEL_MODEL_H
#define TESTS_MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * An executable model of DESIGN.md section 6, written from it and from abi/ alone: who owns each frame, what each frame
 * holds, the lives of partitions and vCPUs, and what each call may answer.  It says not which of several guilty operands
 * is named, nor which table is the last of a quota: it knows the set of answers that are right, and given one
 * of them goes on.  It runs beside the core on the host and, in a hostile manager, in an emulator or on a real machine.
 */
#define MODEL_GUESTS   12u
#define MODEL_VCPUS    4u
#define MODEL_FRAMES   8192u
#define MODEL_PAGES    1536u /* guest frames 0 .. MODEL_PAGES - 1; no guest of the model has others */
#define MODEL_NO_FRAME 0xffffu
#define MODEL_NO_GUEST MODEL_GUESTS
#define MODEL_NEVER    0xffffffffffffffffull
#define MODEL_IDS      64u

enum model_life {
    MODEL_ABSENT = 0,
    MODEL_LIVE = 1,
    MODEL_SEALED = 2,
    MODEL_DESTROYING = 3,
    MODEL_LIVES = 4,
};

struct model_vcpu {
    uint64_t id;
    bool waits;       /* a call of it waits for its reply */
    bool interrupted; /* its last run ended in RUN_INTERRUPTED: it may be refused for a while */
};

struct model_guest {
    enum model_life life;
    bool killed;
    uint64_t id;
    uint64_t frames, frames_left;
    uint32_t vcpus, made;
    struct model_vcpu vcpu[MODEL_VCPUS];
    uint16_t page[MODEL_PAGES]; /* frame from `first` on, or MODEL_NO_FRAME */
};

struct model_frame {
    uint8_t owner; /* guest, or MODEL_NO_GUEST: the manager */
    bool shared;   /* lent to the manager */
    uint16_t page; /* where its guest has it */
    bool known;    /* `word` is what it holds */
    uint64_t word; /* the first word; 0: all of it is zero */
};

struct model {
    /* The machine: set by whoever runs the model. */
    uint64_t first, count; /* frames of the manager's that the model is about, at most MODEL_FRAMES */
    uint64_t limit;        /* first frame above all RAM */
    uint64_t shared_bit;   /* a guest-physical address: the bit itself */
    uint64_t vcpus_max;    /* vCPUs the core has room for */
    uint64_t room;         /* guests that fit for sure */
    /* The state. */
    struct model_guest guest[MODEL_GUESTS];
    struct model_frame frame[MODEL_FRAMES];
    uint64_t ids[MODEL_IDS]; /* of partitions, ever given: the last ones */
    uint64_t ids_given;
    /* Why the last answer was wrong. */
    const char *complaint;
    uint64_t wanted, got;
    /* Counters. */
    uint64_t calls, refused;
};

/* A call of the manager: RAX and RDI, RSI, RDX, R10, R8. */
struct model_call {
    uint64_t number;
    uint64_t argument[5];
};

/* After the machine is set: nobody but the manager owns anything, no frame's contents are known. */
void model_init(struct model *model);

/* The manager called and got this answer: was it right?  Everything but VCPU_RUN. */
bool model_hypercall(struct model *model, const struct model_call *call, uint64_t status, uint64_t value);

/* Is `status` a right answer to VCPU_RUN of `id` where the core entered nothing?  `run_killed`: it said RUN_KILLED. */
bool model_run_refused(struct model *model, uint64_t id, uint64_t status, bool run_killed);
/* May it be entered? */
bool model_may_run(const struct model *model, uint64_t id);

/* A guest made TDVMCALL MapGPA: is R10 right, and R11 where it says how far it came? */
bool model_map_gpa(struct model *model, uint32_t guest, uint64_t start, uint64_t bytes, uint64_t r10,
                   uint64_t r11);
/* A guest made TDG.MEM.PAGE.ACCEPT with RCX = operand. */
bool model_accept(struct model *model, uint32_t guest, uint64_t operand, uint64_t status);

/* The frame (from `first` on) that an access by the manager to frame `hfn`, or by a guest to its page `gfn`, reaches; or
 * MODEL_NO_FRAME: it must be denied. */
uint32_t model_manager_reaches(const struct model *model, uint64_t hfn);
uint32_t model_guest_reaches(const struct model *model, uint32_t guest, uint64_t gfn, bool shared);
/* Is it a frame of a guest that is being destroyed?  Then it may be the manager's again, or not. */
bool model_is_being_swept(const struct model *model, uint64_t at);
/* Somebody who may touch frame `at` read this from it. */
bool model_read(struct model *model, uint32_t at, uint64_t word);
/* Somebody who may touch it wrote this. */
void model_wrote(struct model *model, uint32_t at, uint64_t word);

/* The guest of an id, the vCPU of an id: MODEL_NO_GUEST, NULL where there is none. */
uint32_t model_guest_of(const struct model *model, uint64_t id);
struct model_vcpu *model_vcpu_of(struct model *model, uint64_t id, uint32_t *guest);
/* It is stopped for good. */
void model_killed(struct model *model, uint32_t guest);

#endif
