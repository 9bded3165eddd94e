/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MODEL_HOSTILE_H
#define TESTS_MODEL_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/model/model.h"

/* What a hostile manager or guest does next: at random, with good arguments as often as bad ones. */

/* Numbers from a seed; or from bytes given, zeroes at their end. */
struct hostile {
    uint64_t state;
    const uint8_t *bytes;
    size_t left;
    bool from_bytes;
};

/* A number, whose highest byte is not HOSTILE_TAG: that marks secrets. */
#define HOSTILE_TAG 0xb1u
uint64_t hostile_number(struct hostile *hostile);
/* Below `count`, which is not 0. */
uint64_t hostile_below(struct hostile *hostile, uint64_t count);
bool hostile_chance(struct hostile *hostile, uint32_t percent);
/* A seed of its own for step `step` of the run from `seed`. */
uint64_t hostile_seed(uint64_t seed, uint64_t step);

/* A hypercall other than VCPU_RUN and a POWER that works. */
void hostile_hypercall(struct hostile *hostile, const struct model *model, struct model_call *call);
/* The id of some vCPU, or of none. */
uint64_t hostile_vcpu(struct hostile *hostile, const struct model *model);
/* Operands of a MapGPA. */
void hostile_map(struct hostile *hostile, const struct model *model, uint64_t first, uint64_t end,
                 uint64_t *start, uint64_t *bytes);

#endif
