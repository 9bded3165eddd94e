/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/tsc.h"

#include <stddef.h>

#include "arch/x86_64/hpet.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/pit.h"

enum tsc_cpuid { CPUID_MAX_LEAF = 0x00, CPUID_TSC = 0x15, CPUID_FREQUENCY = 0x16 };

/* No CPU with VMX is slower or faster; emulators are as slow as a few MHz. */
#define TSC_KHZ_MIN 1000ull
#define TSC_KHZ_MAX 10000000ull

#define MEASURE_PIT_COUNTS 59659u /* 50 ms */
#define MEASURE_ROUNDS_MAX 8u
#define MEASURE_PRECISION  100u /* a round within one in a hundred is good enough */
/* A clock that has not moved on after so many looks stands still. */
#define MEASURE_LOOKS_MAX       4000000u
#define FEMTOSECONDS_PER_SECOND 1000000000000000ull

static uint64_t khz;

static uint64_t plausible(uint64_t value)
{
    return value >= TSC_KHZ_MIN && value <= TSC_KHZ_MAX ? value : 0;
}

uint64_t tsc_khz_of_cpuid(uint32_t denominator, uint32_t numerator, uint32_t crystal_hz, uint32_t base_mhz)
{
    if (denominator == 0 || numerator == 0) {
        return 0;
    }
    if (crystal_hz == 0) {
        /* The TSC runs at the base frequency where the crystal's is not given. */
        return plausible((uint64_t)base_mhz * 1000);
    }
    return plausible((uint64_t)crystal_hz * numerator / denominator / 1000);
}

uint64_t tsc_khz_of_interval(uint64_t ticks, uint64_t count, uint64_t hz)
{
    /* Beyond this the product overflows: no interval that is measured here comes near. */
    if (count == 0 || hz == 0 || ticks > UINT64_MAX / hz) {
        return 0;
    }
    return plausible((ticks * hz / count + 500) / 1000);
}

uint64_t tsc_khz_choose(uint64_t cpuid_khz, uint64_t measured_khz)
{
    const uint64_t apart = cpuid_khz > measured_khz ? cpuid_khz - measured_khz : measured_khz - cpuid_khz;

    if (measured_khz == 0) {
        return cpuid_khz;
    }
    return cpuid_khz != 0 && apart <= measured_khz / 10 ? cpuid_khz : measured_khz;
}

static uint64_t khz_from_cpuid(void)
{
    const uint32_t max = insn_cpuid(CPUID_MAX_LEAF, 0).eax;
    struct cpuid_result tsc = {0};
    uint32_t base_mhz = 0;

    if (max >= CPUID_TSC) {
        tsc = insn_cpuid(CPUID_TSC, 0);
    }
    if (max >= CPUID_FREQUENCY) {
        base_mhz = insn_cpuid(CPUID_FREQUENCY, 0).eax & 0xffff;
    }
    return tsc_khz_of_cpuid(tsc.eax, tsc.ebx, tsc.ecx, base_mhz);
}

/* What one round saw: the ticks, and how far off they may be because nobody looked. */
struct measurement {
    uint64_t ticks; /* 0: the clock stands still */
    uint64_t error;
};

/* The clock began between the first two times and ended between the last two. */
static struct measurement measurement_of(uint64_t before_start, uint64_t after_start, uint64_t before_end,
                                         uint64_t after_end)
{
    const uint64_t shortest = before_end - after_start;
    const uint64_t longest = after_end - before_start;

    return (struct measurement){(shortest + longest) / 2, longest - shortest};
}

static struct measurement measure_pit(void)
{
    pit_prepare(MEASURE_PIT_COUNTS);
    const uint64_t before_start = tsc_read();
    pit_start(MEASURE_PIT_COUNTS);
    const uint64_t after_start = tsc_read();
    uint64_t before = after_start;

    for (uint32_t look = 0; look < MEASURE_LOOKS_MAX; look++) {
        const uint64_t now = tsc_read();
        if (pit_done()) {
            /* Done at the first look: it never ran. */
            return look == 0 ? (struct measurement){0, 0}
                             : measurement_of(before_start, after_start, before, tsc_read());
        }
        before = now;
    }
    return (struct measurement){0, 0};
}

static uint64_t khz_from_pit(void)
{
    struct measurement best = {0, UINT64_MAX};

    /* A round that the firmware (SMM) or a hypervisor interrupts is less exact than the next may be. */
    for (uint32_t round = 0; round < MEASURE_ROUNDS_MAX && best.error > best.ticks / MEASURE_PRECISION;
         round++) {
        const struct measurement this = measure_pit();
        if (this.ticks == 0) {
            return 0;
        }
        if (this.error < best.error) {
            best = this;
        }
    }
    return tsc_khz_of_interval(best.ticks, MEASURE_PIT_COUNTS, PIT_HZ);
}

static uint64_t khz_from_hpet(void *hpet)
{
    const uint32_t period = hpet == NULL ? 0 : hpet_period(hpet);

    if (period == 0) {
        return 0;
    }
    const uint64_t hz = FEMTOSECONDS_PER_SECOND / period;
    hpet_run(hpet);
    const uint32_t first = hpet_counter(hpet);
    const uint64_t start = tsc_read();
    for (uint32_t look = 0; look < MEASURE_LOOKS_MAX; look++) {
        const uint32_t passed = hpet_counter(hpet) - first;
        if (passed >= hz / 50) {
            return tsc_khz_of_interval(tsc_read() - start, passed, hz);
        }
    }
    return 0;
}

bool tsc_measure(void *hpet)
{
    uint64_t measured = khz_from_pit();

    if (measured == 0) {
        measured = khz_from_hpet(hpet);
    }
    khz = tsc_khz_choose(khz_from_cpuid(), measured);
    return khz != 0;
}

uint64_t tsc_khz(void)
{
    return khz;
}

void tsc_wait_microseconds(uint64_t microseconds)
{
    const uint64_t start = tsc_read();

    while (tsc_read() - start < microseconds * khz / 1000) {
        insn_pause();
    }
}
