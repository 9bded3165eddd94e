/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_HOSTILE_SECRETS_H
#define TESTS_HOSTILE_SECRETS_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/model/model.h"

/* Words that hostile guests keep in pages they never share, and that nobody else may ever read. */

/* Made at run time, so that no image holds one. */
uint64_t secrets_of(uint64_t salt);
bool secrets_is(uint64_t value);

/* Secrets in the frames of `model` that the manager can read now: in the first, the middle and the last word of each. */
uint64_t secrets_in_reach(const struct model *model);

/* A model of `frames` frames that the manager has, zeroed as it begins; below them lie `guard` frames of a partition that is
 * not in the model, so that an address a little too low is somebody else's.  Its identifier, or 0: the core refused it. */
uint64_t secrets_model(struct model *model, uint64_t frames, uint64_t guard);

#endif
