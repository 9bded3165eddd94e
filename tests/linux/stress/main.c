/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/linux/stress/stress.h"

#define NANOSECONDS 1000000000ull

uint32_t cpus;

bool same(const char *what, uint64_t got, uint64_t wanted)
{
    if (got != wanted) {
        printf("FAIL %s: %llu, not %llu\n", what, (unsigned long long)got, (unsigned long long)wanted);
    }
    return got == wanted;
}

bool move_to(uint32_t cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu % cpus, &set);
    return same("sched_setaffinity", (uint64_t)sched_setaffinity(0, sizeof(set), &set), 0) &&
           same("the CPU it runs on", (uint64_t)sched_getcpu(), cpu % cpus);
}

pid_t child_on(uint32_t cpu, int (*work)(uint32_t number), uint32_t number)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        const int status = move_to(cpu) ? work(number) : 255;
        fflush(stdout);
        _exit(status);
    }
    return child;
}

uint32_t end_of(pid_t child)
{
    int status = 0;

    if (waitpid(child, &status, 0) != child) {
        return UINT32_MAX;
    }
    return WIFEXITED(status) ? (uint32_t)WEXITSTATUS(status) : 256u + (uint32_t)WTERMSIG(status);
}

uint64_t now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * NANOSECONDS + (uint64_t)at.tv_nsec;
}

static const struct {
    const char *name;
    bool (*run)(void);
} parts[] = {
    {"processes", stress_processes}, {"pipes", stress_pipes}, {"signals", stress_signals},
    {"timers", stress_timers},       {"clock", stress_clock}, {"threads", stress_threads},
    {"memory", stress_memory},
};

/* usage: stress CPUS [TIMES] */
int main(int count, char **words)
{
    const uint32_t times = count > 2 ? (uint32_t)atoi(words[2]) : 1;
    uint32_t failed = 0;

    cpus = count > 1 ? (uint32_t)atoi(words[1]) : 1;
    if (cpus == 0 || !same("CPUs that are on", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN), cpus)) {
        return 1;
    }
    for (uint32_t i = 0; i < times * (sizeof(parts) / sizeof(parts[0])); i++) {
        const uint32_t part = i % (sizeof(parts) / sizeof(parts[0]));
        const bool fine = parts[part].run();

        failed += !fine;
        printf("%s %s\n", fine ? "ok" : "FAILED", parts[part].name);
        fflush(stdout);
    }
    return failed == 0 ? 0 : 1;
}
