/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_LOAD_PLAN_H
#define MANAGER_LOAD_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/bytes.h"

/*
 * What a guest's memory holds when it starts: pieces of bytes at guest-physical addresses, and zeros
 * everywhere else.  The loaders make a plan; manager/guest.c carries it out frame by frame.  Pure.
 */
#define LOAD_PIECES_MAX 32u

struct load_piece {
    uint64_t gpa;
    struct bytes from;
};

struct load_plan {
    struct load_piece pieces[LOAD_PIECES_MAX]; /* by address; none empty, none over another */
    uint32_t count;
};

/* Put `from` at `gpa`.  Its bytes must stay where they are until the plan is carried out.  False where there
 * is no room in the plan, or the piece would lie over another or wrap; an empty one is nothing. */
bool load_plan_add(struct load_plan *plan, uint64_t gpa, struct bytes from);

/* Frames from `gfn` on, at most `limit` (at least 1), that all have something of the plan (*kept) or all
 * have nothing. */
uint64_t load_plan_run(const struct load_plan *plan, uint64_t gfn, uint64_t limit, bool *kept);

/* Make the FRAME_SIZE bytes at `frame` (8-byte aligned) what the plan says of guest frame `gfn`. */
void load_plan_fill(const struct load_plan *plan, uint64_t gfn, void *frame);

/* Bytes of all pieces. */
uint64_t load_plan_bytes(const struct load_plan *plan);

#endif
