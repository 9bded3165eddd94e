/* SPDX-License-Identifier: Apache-2.0 */
/* Many processes on all CPUs: each has its own memory, and its status comes back to its parent. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/linux/stress/stress.h"

#define WAVES    3u
#define CHILDREN 12u
#define BYTES    0x10000u
#define PATTERN  0x5au

static uint8_t *memory;

static bool holds(uint8_t wanted)
{
    for (uint32_t i = 0; i < BYTES; i++) {
        if (memory[i] != wanted) {
            return false;
        }
    }
    return true;
}

/* Finds its parent's memory as it was, changes its own, and finds that. */
static int change(uint32_t number)
{
    if (!holds(PATTERN)) {
        return 254;
    }
    memset(memory, (int)number, BYTES);
    for (uint32_t move = 0; move < 4; move++) {
        if (!move_to(number + move) || !holds((uint8_t)number)) {
            return 253;
        }
    }
    return (int)number;
}

bool stress_processes(void)
{
    bool fine = true;

    memory = malloc(BYTES);
    memset(memory, PATTERN, BYTES);
    for (uint32_t wave = 0; wave < WAVES; wave++) {
        pid_t children[CHILDREN];

        for (uint32_t n = 0; n < CHILDREN; n++) {
            children[n] = child_on(n, change, n);
        }
        for (uint32_t n = 0; n < CHILDREN; n++) {
            fine = same("status of a child", end_of(children[n]), n) && fine;
        }
    }
    fine = same("the parent's memory is its own", holds(PATTERN), true) && fine;
    free(memory);
    return fine;
}
