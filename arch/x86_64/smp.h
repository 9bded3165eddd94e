/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_SMP_H
#define ARCH_X86_64_SMP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

/*
 * The other CPUs.  Each is taken out of the firmware's hands by INIT and SIPI, comes up on the core's own tables and
 * stack, enters VMX root operation, and stays in a loop of the core until the manager asks for it.  In VMX root operation INIT is held and
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

/* Whether the manager has a CPU. */
enum smp_manager {
    SMP_MANAGER_NOT = 0, /* parked */
    SMP_MANAGER_GIVEN = 1,
    SMP_MANAGER_RUNS = 2,
    SMP_MANAGER_STOPPED = 3, /* parked again, for good */
};
#define SMP_NMI_PAUSES 1000u /* between two NMIs to a CPU that may have missed the first */

/* Give parked CPU `cpu` to the manager: under a lock.  False: the manager has it, or had it. */
bool smp_give(uint32_t cpu, uint64_t entry, uint64_t value);
/* See it on its way: it calls smp_given(), with its struct percpu saying where to begin (vmx/manager_start.c). */
void smp_wake(uint32_t cpu);
_Noreturn void smp_given(void);

/* Halt for good.  NMIs are taken by the core's handler and lead back here; nothing else wakes this CPU. */
_Noreturn void smp_halt(void);

/* CPUs taken, the boot CPU included: they have the numbers from 0 on. */
uint32_t smp_cpus(void);

/* An NMI to every CPU but this one. */
void smp_stop_others(void);

#endif
