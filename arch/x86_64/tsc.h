/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_TSC_H
#define ARCH_TSC_H

#include <stdbool.h>
#include <stdint.h>

/* The time-stamp counter of this CPU. */
static inline uint64_t tsc_read(void)
{
    return __builtin_ia32_rdtsc();
}

/*
 * Find out the frequency: what CPUID says where that agrees within a tenth with a measurement against the
 * PIT (or the HPET mapped at `hpet`, NULL: none, where the PIT stands still), else the measurement.
 * False where neither gives a plausible frequency.  At boot, before the timers are silenced.
 * Source: Intel SDM Vol. 3B, "Time-Stamp Counter"; Vol. 2A, "CPUID", leaves 15H and 16H.
 */
bool tsc_measure(void *hpet);

/* Kilohertz; 0 before tsc_measure(). */
uint64_t tsc_khz(void);

/* Wait. */
void tsc_wait_microseconds(uint64_t microseconds);

/* The arithmetic, pure.  All frequencies in kHz, 0 where there is none or it is implausible. */
/* Of CPUID leaf 15H (EAX, EBX, ECX) and leaf 16H EAX (0: the leaf is not there). */
uint64_t tsc_khz_of_cpuid(uint32_t denominator, uint32_t numerator, uint32_t crystal_hz, uint32_t base_mhz);
/* Of `ticks` that passed during `count` periods of a clock of `hz`; to the nearest. */
uint64_t tsc_khz_of_interval(uint64_t ticks, uint64_t count, uint64_t hz);
/* Which to believe. */
uint64_t tsc_khz_choose(uint64_t cpuid_khz, uint64_t measured_khz);

#endif
