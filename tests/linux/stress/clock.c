/* SPDX-License-Identifier: Apache-2.0 */
/* No CPU's clock is behind what another has read before: each process reads the last reading of all, then its own clock. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <time.h>
#include <x86intrin.h>

#include "tests/linux/stress/stress.h"

#define READINGS 3000u
#define CLOCKS   3u

struct reading {
    _Alignas(64) uint64_t last;
};
static struct reading *readings;

static uint64_t read_clock(uint32_t clock)
{
    struct timespec at;

    if (clock == CLOCKS - 1) {
        _mm_lfence();
        return __rdtsc();
    }
    clock_gettime(clock == 0 ? CLOCK_MONOTONIC : CLOCK_MONOTONIC_RAW, &at);
    return (uint64_t)at.tv_sec * 1000000000ull + (uint64_t)at.tv_nsec;
}

static void make_last(uint64_t *last, uint64_t seen, uint64_t own)
{
    while (seen < own &&
           !__atomic_compare_exchange_n(last, &seen, own, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    }
}

static int compare(uint32_t number)
{
    uint32_t behind = 0;

    for (uint32_t n = 0; n < READINGS * CLOCKS; n++) {
        uint64_t *last = &readings[n % CLOCKS].last;
        const uint64_t seen = __atomic_load_n(last, __ATOMIC_SEQ_CST);
        const uint64_t own = read_clock(n % CLOCKS);

        behind += own < seen;
        make_last(last, seen, own);
        if (n % (READINGS * CLOCKS / 8) == 0) {
            move_to(number + n);
        }
    }
    return behind == 0 ? 0 : 1;
}

bool stress_clock(void)
{
    pid_t children[64];
    bool fine = true;

    readings =
        mmap(NULL, CLOCKS * sizeof(*readings), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (uint32_t cpu = 0; cpu < cpus; cpu++) {
        children[cpu] = child_on(cpu, compare, cpu);
    }
    for (uint32_t cpu = 0; cpu < cpus; cpu++) {
        fine = same("a clock behind another CPU's", end_of(children[cpu]), 0) && fine;
    }
    munmap(readings, CLOCKS * sizeof(*readings));
    return fine;
}
