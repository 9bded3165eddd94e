/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_HPET_H
#define ARCH_X86_64_HPET_H

#include <stdint.h>

/* Source: IA-PC HPET Specification 1.0a, "Register Definitions".  `block` is where the registers are mapped. */
#define HPET_BLOCK_BYTES 1024u

/* Femtoseconds a tick of the main counter takes, or 0 where nothing plausible answers. */
uint32_t hpet_period(void *block);

/* Let the main counter run; the low half of its value.  For measuring, before hpet_silence(). */
void hpet_run(void *block);
uint32_t hpet_counter(void *block);

/* Stop the main counter, end legacy replacement, and take from every timer its interrupt and its message
 * (an FSB message is a write to memory).  Harmless where nothing answers. */
void hpet_silence(void *block);

#endif
