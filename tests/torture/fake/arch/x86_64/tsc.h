/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_TSC_H
#define ARCH_TSC_H

#include <stdint.h>

/* In place of arch/x86_64/tsc.h: time passes as the test says. */
uint64_t tsc_read(void);
uint64_t tsc_khz(void);

#endif
