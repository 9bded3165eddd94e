/* SPDX-License-Identifier: Apache-2.0 */
/* Locks that threads on all CPUs want at once: what they count under them is right. */
#define _GNU_SOURCE
#include <pthread.h>

#include "tests/linux/stress/stress.h"

#define THREADS_OF_CPU 2u
#define THREADS_MAX    128u
#define ROUNDS         600u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;
static uint64_t plain;  /* under the lock */
static uint64_t atomic; /* by atomic additions */
static uint32_t astray;

static void *count_up(void *number)
{
    const uint32_t own = (uint32_t)(uintptr_t)number;

    __atomic_fetch_add(&astray, !move_to(own), __ATOMIC_SEQ_CST);
    pthread_barrier_wait(&barrier);
    for (uint32_t n = 0; n < ROUNDS; n++) {
        pthread_mutex_lock(&lock);
        plain++;
        pthread_mutex_unlock(&lock);
        __atomic_fetch_add(&atomic, own, __ATOMIC_SEQ_CST);
        if (n % (ROUNDS / 4) == 0) {
            pthread_barrier_wait(&barrier);
        }
    }
    return NULL;
}

bool stress_threads(void)
{
    const uint64_t count = cpus * THREADS_OF_CPU;
    pthread_t threads[THREADS_MAX];

    plain = 0;
    atomic = 0;
    astray = 0;
    pthread_barrier_init(&barrier, NULL, (unsigned)count);
    for (uint64_t n = 0; n < count; n++) {
        pthread_create(&threads[n], NULL, count_up, (void *)(uintptr_t)n);
    }
    for (uint64_t n = 0; n < count; n++) {
        pthread_join(threads[n], NULL);
    }
    pthread_barrier_destroy(&barrier);
    return same("threads not on their CPU", astray, 0) & same("counted under a lock", plain, count * ROUNDS) &
           same("added at once", atomic, ROUNDS * count * (count - 1) / 2);
}
