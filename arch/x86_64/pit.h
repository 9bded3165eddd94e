/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_PIT_H
#define ARCH_X86_64_PIT_H

#include <stdbool.h>
#include <stdint.h>

/* The 8254 timer.  Source: Intel 8254 datasheet, "Programming the 8254", "Mode 0: Interrupt on Terminal
 * Count"; Intel 500 Series PCH Datasheet Vol. 2, "NMI Status and Control". */
#define PIT_HZ 1193182u

/* Make channel 2 ready to count down from `counts` once, without sound; let it begin (one write to a port). */
void pit_prepare(uint16_t counts);
void pit_start(uint16_t counts);
/* Has channel 2 reached zero? */
bool pit_done(void);

/* Stop channel 0 (which interrupts) and channel 2. */
void pit_silence(void);

#endif
