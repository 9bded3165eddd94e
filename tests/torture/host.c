/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The random torture test on the host.  usage: host SEED STEPS SECONDS [EPISODE]
 * Runs episodes of a machine from power on until STEPS steps are made or SECONDS are over.  A step that the model does not
 * agree with is shown, with what led to it made as short as may be; EPISODE runs that one alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/torture/machine.h"
#include "tests/torture/party.h"

#define EPISODE_STEPS    20000u
#define PROGRESS_SECONDS 5
#define SHRINK_SECONDS   60
#define FAILED           3
#define COMPARE_EVERY    2048u

static uint64_t seed, episode;
static uint32_t steps[EPISODE_STEPS]; /* of the episode, those that are made */
static uint32_t step_count, step_now;
static bool in_child, tells;

/* Makes the steps of the list.  Comes back if nothing is wrong. */
static void run_steps(void)
{
    const uint64_t own = hostile_seed(seed, episode);

    party_start();
    for (step_now = 0; step_now < step_count; step_now++) {
        struct hostile hostile = {.state = hostile_seed(own, steps[step_now])};

        party_step(&hostile);
        if (tells) {
            printf("    step %u: %s\n", steps[step_now], party_last);
        }
        if (steps[step_now] % COMPARE_EVERY == COMPARE_EVERY - 1) {
            party_compare_all();
        }
    }
}

static void all_steps(uint32_t count)
{
    step_count = count;
    for (uint32_t n = 0; n < count; n++) {
        steps[n] = n;
    }
}

/* Does the list still fail?  In a process of its own. */
static bool still_fails(bool show)
{
    int status = 0;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        in_child = true;
        tells = show;
        run_steps();
        _exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child &&
           !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The list without `count` steps from `at` on, if that fails as well. */
static bool drop(uint32_t at, uint32_t count)
{
    static uint32_t before[EPISODE_STEPS];
    const uint32_t before_count = step_count;

    memcpy(before, steps, sizeof(steps));
    memmove(steps + at, steps + at + count, (step_count - at - count) * sizeof(steps[0]));
    step_count -= count;
    if (still_fails(false)) {
        return true;
    }
    memcpy(steps, before, sizeof(steps));
    step_count = before_count;
    return false;
}

static void shrink(void)
{
    const time_t end = time(NULL) + SHRINK_SECONDS;

    for (uint32_t size = step_count / 2; size > 0; size /= 2) {
        for (uint32_t at = 0; at + size < step_count && time(NULL) < end;) {
            if (!drop(at, size)) {
                at += size;
            }
        }
    }
}

_Noreturn void machine_fails(const char *what, uint64_t a, uint64_t b)
{
    if (in_child) {
        if (tells) {
            printf("    step %u: %s\n    FAIL %s: %#llx, %#llx\n", steps[step_now], party_last, what,
                   (unsigned long long)a, (unsigned long long)b);
            fflush(stdout);
        }
        _exit(FAILED);
    }
    printf("FAIL %s: %#llx, %#llx\n    in step %u of episode %llu: %s\n    again: SEED=%llu EPISODE=%llu\n",
           what, (unsigned long long)a, (unsigned long long)b, steps[step_now], (unsigned long long)episode,
           party_last, (unsigned long long)seed, (unsigned long long)episode);
    all_steps(step_now + 1);
    in_child = false;
    shrink();
    printf("  shrunk to %u steps:\n", step_count);
    still_fails(true);
    printf("0 passed, 1 failed\n");
    fflush(NULL);
    _exit(1);
}

static uint64_t calls_so_far(void)
{
    uint64_t calls = 0;

    for (uint32_t r = 0; r < PARTY_RESOURCES; r++) {
        calls += party_counts[r].calls;
    }
    return calls;
}

static void report(uint64_t episodes)
{
    for (uint32_t r = 0; r < PARTY_RESOURCES; r++) {
        printf("TABLE host, %s|%llu|%llu|%llu|0\n", party_names[r], (unsigned long long)episodes,
               (unsigned long long)party_counts[r].calls, (unsigned long long)party_counts[r].denied);
    }
    printf("entered guests %llu times, %llu were stopped for good\n", (unsigned long long)party_entries,
           (unsigned long long)party_kills);
    printf("%llu passed, 0 failed\n", (unsigned long long)episodes);
}

int main(int argc, char **argv)
{
    const uint64_t wanted = argc > 2 ? strtoull(argv[2], NULL, 0) : 1000000;
    const time_t start = time(NULL);
    const time_t end = start + (argc > 3 ? strtol(argv[3], NULL, 0) : 600);
    time_t progress = start + PROGRESS_SECONDS;
    uint64_t episodes = 0;

    seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    episode = argc > 4 ? strtoull(argv[4], NULL, 0) : 0;
    printf("torture on the host: seed %llu\n", (unsigned long long)seed);
    do {
        all_steps(EPISODE_STEPS);
        run_steps();
        party_compare_all();
        episodes++;
        episode++;
        if (time(NULL) >= progress) {
            printf("  %llu calls, %llu s\n", (unsigned long long)calls_so_far(),
                   (unsigned long long)(time(NULL) - start));
            fflush(stdout);
            progress = time(NULL) + PROGRESS_SECONDS;
        }
    } while (argc <= 4 && calls_so_far() < wanted && time(NULL) < end);
    report(episodes);
    return 0;
}
