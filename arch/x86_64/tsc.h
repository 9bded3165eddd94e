/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_TSC_H
#define ARCH_TSC_H

#include <stdint.h>

/* The time-stamp counter of this CPU. */
static inline uint64_t tsc_read(void)
{
    return __builtin_ia32_rdtsc();
}

#endif
