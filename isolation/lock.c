/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/lock.h"

#include "arch/x86_64/spinlock.h"
#include "iommu/iommu_flush.h"

static struct spinlock ownership;

void lock_acquire(void)
{
    spinlock_acquire(&ownership);
}

void lock_release(void)
{
    iommu_settle();
    spinlock_release(&ownership);
}
