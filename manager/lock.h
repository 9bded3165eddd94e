/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_LOCK_H
#define MANAGER_LOCK_H

#include <stdint.h>

/*
 * A lock between CPUs: first come, first served.  Interrupt handlers take none.
 * Who may wait for what: a guest's devices, then a run queue; either, then the console, then the serial line.
 */
struct lock {
    uint32_t next;
    uint32_t serving;
};

static inline void lock_take(struct lock *lock)
{
    const uint32_t ticket = __atomic_fetch_add(&lock->next, 1u, __ATOMIC_RELAXED);
    while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket) {
        __builtin_ia32_pause();
    }
}

static inline void lock_drop(struct lock *lock)
{
    __atomic_store_n(&lock->serving, lock->serving + 1u, __ATOMIC_RELEASE);
}

#endif
