/* SPDX-License-Identifier: Apache-2.0 */
/* Signals between processes on different CPUs: there and back, and queued ones with values, none lost and all in order. */
#define _GNU_SOURCE
#include <signal.h>
#include <unistd.h>

#include "tests/linux/stress/stress.h"

#define ROUNDS 150u
#define QUEUED 200u

static sigset_t set;
static pid_t parent;

static int answer(uint32_t unused)
{
    (void)unused;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int got;

        if (sigwait(&set, &got) != 0 || got != SIGUSR1 || kill(parent, SIGUSR2) != 0) {
            return 1;
        }
    }
    return 0;
}

static bool there_and_back(void)
{
    const pid_t child = child_on(1, answer, 0);
    uint32_t came = 0;

    while (came < ROUNDS) {
        int got;

        if (kill(child, SIGUSR1) != 0 || sigwait(&set, &got) != 0 || got != SIGUSR2) {
            kill(child, SIGKILL);
            break;
        }
        came++;
    }
    return same("signals that came back", came, ROUNDS) & same("status of who answers", end_of(child), 0);
}

static int queue(uint32_t unused)
{
    (void)unused;
    for (int n = 0; n < (int)QUEUED; n++) {
        if (sigqueue(parent, SIGRTMIN, (union sigval){.sival_int = n}) != 0) {
            return 1;
        }
    }
    return 0;
}

static bool in_order(void)
{
    const pid_t child = child_on(1, queue, 0);
    uint32_t wrong = 0;

    for (uint32_t n = 0; n < QUEUED; n++) {
        siginfo_t info;

        wrong += sigwaitinfo(&set, &info) != SIGRTMIN || info.si_value.sival_int != (int)n;
    }
    return same("queued signals lost or out of order", wrong, 0) &
           same("status of who queues", end_of(child), 0);
}

bool stress_signals(void)
{
    bool fine;

    parent = getpid();
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fine = move_to(0) & there_and_back() & in_order();
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    return fine;
}
