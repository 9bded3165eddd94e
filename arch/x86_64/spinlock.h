/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_SPINLOCK_H
#define ARCH_SPINLOCK_H

#include <stdint.h>

/* A ticket lock: CPUs get it in the order in which they asked.  The core runs with interrupts off,
 * so a holder is never interrupted but by NMI and #MC, whose handlers take no lock. */
struct spinlock {
    uint32_t next;    /* the ticket the next CPU draws */
    uint32_t serving; /* the ticket that holds the lock */
};
_Static_assert(sizeof(struct spinlock) == 8, "two counters");

static inline void spinlock_acquire(struct spinlock *lock)
{
    uint32_t ticket = __atomic_fetch_add(&lock->next, 1u, __ATOMIC_RELAXED);

    while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket) {
        __builtin_ia32_pause();
    }
}

static inline void spinlock_release(struct spinlock *lock)
{
    __atomic_store_n(&lock->serving, lock->serving + 1u, __ATOMIC_RELEASE);
}

#endif
