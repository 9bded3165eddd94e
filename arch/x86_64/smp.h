/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_SMP_H
#define ARCH_X86_64_SMP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

/*
 * The other CPUs.  Each is taken out of the firmware's hands by INIT and SIPI, comes up on the core's own tables and
 * stack, enters VMX root operation, and stays in a loop of the core.  In VMX root operation INIT is held and
 * SIPI is ignored, so no one takes it from the core again.
 * Source: Intel SDM Vol. 3A, "Multiple-Processor (MP) Initialization"; Vol. 3C, "Restrictions on VMX Operation".
 */

/* This is the boot CPU, CPU 0, with x2APIC id `apic_id`. */
void smp_init(uint32_t apic_id);

/*
 * Take the CPU with x2APIC id `apic_id` as the next CPU number, below CPUS_MAX, whose stacks and windows are
 * mapped.  `page` is the number of a free page of RAM below 640 KiB, which is left zeroed; `vmxon_region` a zeroed
 * frame of the core.  False where the CPU did not come.  The frequency of the TSC is known.
 */
bool smp_start_cpu(uint32_t apic_id, uint8_t page, hfn_t vmxon_region);

/* CPUs taken, the boot CPU included: they have the numbers from 0 on. */
uint32_t smp_cpus(void);

/* An NMI to every CPU but this one. */
void smp_stop_others(void);

#endif
