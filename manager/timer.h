/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_TIMER_H
#define MANAGER_TIMER_H

#include <stdint.h>

/* The manager's own timer: the x2APIC's, in TSC-deadline mode.  It only ends a timer_sleep. */
#define TIMER_VECTOR 0xe0u
/* From another CPU: it too only ends a timer_sleep, or a guest's run. */
#define WAKE_VECTOR 0xe1u

/* Point the LVT timer at TIMER_VECTOR. */
void timer_start(void);

/* Now, in TSC ticks. */
uint64_t timer_now(void);

/* With interrupts off: wait until one comes, at the latest at TSC value `deadline`; they are on then. */
void timer_sleep(uint64_t deadline);

/* Either interrupt, or a device's: called by the trap handler. */
void timer_interrupt(void);

#endif
