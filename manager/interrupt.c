/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/interrupt.h"

#include <stddef.h>

#include "manager/guest.h"

struct interrupt {
    struct guest *guest; /* NULL: free */
    uint32_t device;
    uint32_t number;
};

static struct interrupt interrupts[INTERRUPT_VECTORS];
static uint64_t arrived; /* bit by index; set by the handler */
_Static_assert(INTERRUPT_VECTORS <= 64, "a bit for each");

uint32_t interrupt_take(struct guest *guest, uint32_t device, uint32_t number)
{
    for (uint32_t i = 0; i < INTERRUPT_VECTORS; i++) {
        if (interrupts[i].guest == NULL) {
            interrupts[i] = (struct interrupt){guest, device, number};
            return INTERRUPT_VECTOR_FIRST + i;
        }
    }
    return 0;
}

void interrupt_forget(const struct guest *guest)
{
    for (uint32_t i = 0; i < INTERRUPT_VECTORS; i++) {
        if (interrupts[i].guest == guest) {
            interrupts[i].guest = NULL;
            __atomic_fetch_and(&arrived, ~(1ull << i), __ATOMIC_RELAXED);
        }
    }
}

bool interrupt_arrived(uint64_t vector)
{
    const uint64_t index = vector - INTERRUPT_VECTOR_FIRST;

    if (index >= INTERRUPT_VECTORS) {
        return false;
    }
    __atomic_fetch_or(&arrived, 1ull << index, __ATOMIC_RELAXED);
    return true;
}

bool interrupt_waits(void)
{
    return __atomic_load_n(&arrived, __ATOMIC_RELAXED) != 0;
}

static void hand_on(const struct interrupt *interrupt)
{
    struct guest *guest = interrupt->guest;

    /* Is there still somebody who waits for it? */
    if (guest == NULL || __atomic_load_n(&guest->state, __ATOMIC_ACQUIRE) != GUEST_ON) {
        return;
    }
    lock_take(&guest->lock);
    assigned_interrupt(&guest->devices.assigned[interrupt->device], interrupt->number);
    lock_drop(&guest->lock);
}

void interrupt_hand_on(void)
{
    const uint64_t some = __atomic_exchange_n(&arrived, 0, __ATOMIC_RELAXED);

    for (uint32_t i = 0; i < INTERRUPT_VECTORS; i++) {
        if ((some >> i & 1) != 0) {
            hand_on(&interrupts[i]);
        }
    }
}
