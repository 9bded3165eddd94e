/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_INTERRUPT_H
#define MANAGER_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Interrupts of devices that guests were assigned: all come to CPU 0, each with a vector of its own, and are handed on by it
 * (devices/assigned.h).
 */
#define INTERRUPT_VECTOR_FIRST 0x40u
#define INTERRUPT_VECTORS      64u

struct guest;

/* A vector for interrupt `number` of device `device` (an index of struct device_set's) of the guest, until interrupt_forget().
 * 0: there is none left. */
uint32_t interrupt_take(struct guest *guest, uint32_t device, uint32_t number);
void interrupt_forget(const struct guest *guest);

/* `vector` came: called by the trap handler.  False: it is none of these. */
bool interrupt_arrived(uint64_t vector);

/* Has one come that was not handed on yet? */
bool interrupt_waits(void);
/* CPU 0: hands on all that have come. */
void interrupt_hand_on(void);

#endif
