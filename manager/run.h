/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_RUN_H
#define MANAGER_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "manager/guest.h"

/* Run `count` guests (at least 1) in turn, each for a slice in proportion to its weight, and serve them, until all
 * are off (with `forever`, beyond that) or the user wants an end.  `tsc_khz`: TSC ticks in a millisecond. */
void run_guests(struct guest *const *guests, uint32_t count, uint64_t tsc_khz, bool forever);

#endif
