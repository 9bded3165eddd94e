/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_VLAPIC_TIMER_H
#define VMX_VLAPIC_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "vmx/vcpu_state.h"

/*
 * The timer of the virtual x2APIC, in its three modes, all by one TSC value at which it fires next.
 * One-shot and periodic count ticks of the TSC / the divide configuration, which is what CPUID 0x15 says.
 */

/* Fires if it is time.  deadline is not 0. */
void vlapic_timer_poll(struct vlapic *apic, uint64_t now);

/* The LVT timer entry becomes `entry`: leaving or entering TSC-deadline mode disarms. */
void vlapic_timer_set_entry(struct vlapic *apic, uint32_t entry);
/* IA32_TSC_DEADLINE is written: ignored outside of TSC-deadline mode; 0 disarms. */
void vlapic_timer_set_deadline(struct vlapic *apic, uint64_t deadline);
uint64_t vlapic_timer_deadline(const struct vlapic *apic);
/* The initial count is written: starts one-shot or periodic, 0 stops; ignored in TSC-deadline mode. */
void vlapic_timer_set_count(struct vlapic *apic, uint32_t count, uint64_t now);
uint32_t vlapic_timer_count(const struct vlapic *apic, uint64_t now);

#endif
