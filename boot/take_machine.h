/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_TAKE_MACHINE_H
#define BOOT_TAKE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/acpi.h"
#include "lib/addr.h"

/*
 * Take the whole machine before the manager's first instruction: bus mastering off, every interrupt source,
 * timer and ISA DMA channel quiet, power and reset the core's, machine checks on, and every CPU parked in VMX
 * root operation, until the manager asks for it, but the boot CPU, which runs this.  A machine of which something cannot be taken is refused by a
 * sentence.
 *
 * `low_frame`: a free page of RAM below 640 KiB (boot/memory_map.h); 0: there is none.
 * `vmxon_regions`: the first of acpi->cpu_count zeroed frames of the core, one for each CPU; the boot CPU
 * takes none of them here.  `siblings`: every thread of a core runs partitions; else only the first of each.  Stacks and windows are mapped for as many CPUs.  Runs on the core's own tables, on the
 * boot CPU, after its cpu_init(0).  True: every VT-d unit that is driven, if any, knows leaves of 2 MiB.
 */
bool take_machine(const struct acpi_machine *acpi, hfn_t low_frame, hfn_t vmxon_regions, bool siblings);

/* CPUs that run partitions: they get the numbers from 0 on. */
uint32_t take_machine_cores(const struct acpi_machine *acpi, bool siblings);

#endif
