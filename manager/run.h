/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_RUN_H
#define MANAGER_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "manager/guest.h"

/* Before the first guest starts; `tsc_khz`: TSC ticks in a millisecond. */
void run_prepare(struct guest *const *guests, uint64_t tsc_khz);

/* On CPU 0: run the guests on all CPUs and serve them, until all `count` of them (at least 1) are off (with `forever`, beyond
 * that) or the user wants an end. */
void run_guests(uint32_t count, bool forever);

/* On every other CPU. */
_Noreturn void run_on_cpu(uint32_t cpu);

#endif
