/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_TIMER_H
#define MANAGER_TIMER_H

#include <stdint.h>

/* The manager's own timer: the x2APIC's, in TSC-deadline mode.  It only ends a timer_sleep. */
#define TIMER_VECTOR 0xe0u

/* Point the LVT timer at TIMER_VECTOR. */
void timer_start(void);

/* Now, in TSC ticks. */
uint64_t timer_now(void);

/* Wait, with interrupts on, until an interrupt comes; one comes at the latest at TSC value `deadline`. */
void timer_sleep(uint64_t deadline);

/* The timer interrupt: called by the trap handler. */
void timer_interrupt(void);

#endif
