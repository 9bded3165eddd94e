/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_CPU_H
#define MANAGER_CPU_H

#include <stdint.h>

#include "manager/memory.h"

/*
 * The CPUs that the manager runs on.  CPU 0 is the one it began on; it starts the guests, and serves the line and the
 * keyboard.
 */

/* Bring up CPUs 1 to `cpus` - 1, before paging_start(): they wait.  Returns how many there are then, CPU 0 included. */
uint32_t cpu_start_others(struct memory *memory, uint32_t cpus);

/* Let them run guests (run_on_cpu). */
void cpu_release_others(void);

#endif
