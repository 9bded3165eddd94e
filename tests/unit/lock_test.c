/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sched.h>

#include "iommu/iommu_flush.h"
#include "isolation/lock.h"

/* The ownership lock between real threads: one holder at a time, and what VT-d units hold is settled before the next. */
enum { THREADS = 3, ROUNDS = 400 };

static volatile uint64_t count;
static uint32_t holders;
static volatile uint64_t settled;

/* Called by the holder: no other thread counts here meanwhile. */
void iommu_settle(void)
{
    settled = settled + 1;
}

static void *work(void *overlaps)
{
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint64_t seen;

        lock_acquire();
        *(uint64_t *)overlaps += __atomic_fetch_add(&holders, 1, __ATOMIC_SEQ_CST) != 0;
        seen = count;
        if (round % 16 == 0) {
            sched_yield(); /* whoever does not wait comes in here */
        }
        count = seen + 1;
        __atomic_fetch_sub(&holders, 1, __ATOMIC_SEQ_CST);
        lock_release();
        sched_yield();
    }
    return NULL;
}

static void one_holder_at_a_time(void **state)
{
    pthread_t threads[THREADS];
    uint64_t overlaps[THREADS] = {0};

    for (uint32_t n = 0; n < THREADS; n++) {
        assert_int_equal(pthread_create(&threads[n], NULL, work, &overlaps[n]), 0);
    }
    for (uint32_t n = 0; n < THREADS; n++) {
        assert_int_equal(pthread_join(threads[n], NULL), 0);
        assert_int_equal(overlaps[n], 0);
    }
    assert_int_equal(count, THREADS * ROUNDS);
    assert_int_equal(settled, THREADS * ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_holder_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
