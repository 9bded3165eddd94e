/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_IOAPIC_H
#define ARCH_X86_64_IOAPIC_H

#include <stdint.h>

/* Source: Intel 82093AA I/O APIC datasheet, "Register Description". */

/* Mask every redirection entry of the IOAPIC whose registers are mapped at `block`.  Returns how many
 * entries it has; 0 where nothing answers there. */
uint32_t ioapic_silence(void *block);

#endif
