/* SPDX-License-Identifier: Apache-2.0 */
/* Timers on every CPU: all of them come, and none too early. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/linux/stress/stress.h"

#define TICKS       10u
#define PERIOD      5000000ull /* ns */
#define SLEEPS      10u
#define SLEEP       700000ull
#define NANOSECONDS 1000000000ull

static struct timespec of(uint64_t nanoseconds)
{
    return (struct timespec){.tv_sec = (time_t)(nanoseconds / NANOSECONDS),
                             .tv_nsec = (long)(nanoseconds % NANOSECONDS)};
}

static bool periodic(void)
{
    const struct itimerspec every = {.it_interval = of(PERIOD), .it_value = of(PERIOD)};
    const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    const uint64_t begin = now();
    uint64_t ticks = 0;
    uint32_t early = 0;

    if (timerfd_settime(timer, 0, &every, NULL) != 0) {
        return same("timerfd_settime", 1, 0);
    }
    while (ticks < TICKS) {
        uint64_t more = 0;

        if (read(timer, &more, sizeof(more)) != sizeof(more)) {
            break;
        }
        ticks += more;
        early += now() < begin + ticks * PERIOD;
    }
    close(timer);
    return same("ticks that came", ticks >= TICKS, true) & same("ticks that came early", early, 0);
}

static bool sleeps(void)
{
    uint32_t early = 0;

    for (uint32_t n = 0; n < SLEEPS; n++) {
        const uint64_t end = now() + SLEEP;
        const struct timespec until = of(end);

        early += clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0 || now() < end;
    }
    return same("sleeps that ended early", early, 0);
}

static bool alarms(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    const struct itimerspec once = {.it_value = of(PERIOD)};
    const uint64_t begin = now();
    sigset_t set;
    timer_t timer;
    int got = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &once, NULL) != 0) {
        return same("timer_create", 1, 0);
    }
    sigwait(&set, &got);
    timer_delete(timer);
    return same("the signal of a timer", (uint64_t)got, SIGALRM) &
           same("a timer that is early", now() < begin + PERIOD, false);
}

static int all(uint32_t unused)
{
    (void)unused;
    return periodic() & sleeps() & alarms() ? 0 : 1;
}

bool stress_timers(void)
{
    pid_t children[64];
    bool fine = true;

    for (uint32_t cpu = 0; cpu < cpus; cpu++) {
        children[cpu] = child_on(cpu, all, cpu);
    }
    for (uint32_t cpu = 0; cpu < cpus; cpu++) {
        fine = same("status of a CPU's timers", end_of(children[cpu]), 0) && fine;
    }
    return fine;
}
