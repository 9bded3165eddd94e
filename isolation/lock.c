/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/lock.h"

#include "arch/x86_64/spinlock.h"

static struct spinlock ownership;

void lock_acquire(void)
{
    spinlock_acquire(&ownership);
}

void lock_release(void)
{
    spinlock_release(&ownership);
}
