/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_LAPIC_H
#define ARCH_X86_64_LAPIC_H

#include <stdbool.h>
#include <stdint.h>

/* The local APIC of this CPU, in x2APIC mode only.
 * Source: Intel SDM Vol. 3A, "Advanced Programmable Interrupt Controller (APIC)", "Extended XAPIC (x2APIC)". */

/*
 * Put this CPU's local APIC into x2APIC mode and quiet: all local vectors masked, its timer stopped, no
 * interrupt in service, errors cleared, every priority let through.  False where the CPU has no x2APIC.
 */
bool lapic_enable(void);

/* The x2APIC id of this CPU. */
uint32_t lapic_id(void);

/* Send to the CPU with x2APIC id `apic_id`.  Memory written before is seen there.  `page` is the number
 * of the page, below 1 MiB, at which a CPU in the wait-for-SIPI state starts. */
void lapic_send_nmi(uint32_t apic_id);
void lapic_send_init(uint32_t apic_id);
void lapic_send_sipi(uint32_t apic_id, uint8_t page);

#endif
