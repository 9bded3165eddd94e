/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_MSR_POLICY_H
#define VMX_MSR_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/msr.h"
#include "lib/addr.h"

/*
 * Which MSRs a partition reaches without an exit: everything exits but an allow-list each (docs/msr-policy.md).
 * Source: Intel SDM Vol. 3C, "MSR-Bitmap Address".
 */
enum msr_policy_part {
    MSR_BITMAP_READ_LOW = 0,
    MSR_BITMAP_READ_HIGH = 1024,
    MSR_BITMAP_WRITE_LOW = 2048,
    MSR_BITMAP_WRITE_HIGH = 3072,
};

/* VMCS_MSR_BITMAP of every guest and of the manager. */
extern uint8_t msr_policy_guest_bitmap[FRAME_SIZE];
extern uint8_t msr_policy_manager_bitmap[FRAME_SIZE];

/* Makes the bitmaps of this machine; after cpuid_policy_init().  `apic_virtualization`: the CPU answers guests from their
 * virtual-APIC pages, where every guest's VMCS tells it to (vmx/vmcs_setup.h). */
void msr_policy_init(bool apic_virtualization);

/*@ predicate guest_msr_readable(integer msr) = msr == MSR_SMI_COUNT || msr == MSR_IA32_BIOS_SIGN_ID || msr == MSR_IA32_FEATURE_CONTROL;
    logic integer guest_msr_value(integer msr) = msr == MSR_IA32_FEATURE_CONTROL ? FEATURE_CONTROL_LOCK : 0;
    // Linux writes 0 before it reads the revision of the microcode.
    predicate guest_msr_writable(integer msr, integer value) = msr == MSR_IA32_BIOS_SIGN_ID && value == 0;
*/
/* MSRs that the core answers for a guest by TDVMCALL, after #VE.  False: no such MSR. */
/*@ requires \valid(value);
    assigns *value;
    ensures \result <==> guest_msr_readable(msr);
    ensures \result ==> *value == guest_msr_value(msr);
*/
__attribute__((noinline)) bool msr_policy_guest_call_read(uint32_t msr, uint64_t *value);
/*@ assigns \nothing;
    ensures \result <==> guest_msr_writable(msr, value);
*/
__attribute__((noinline)) bool msr_policy_guest_call_write(uint32_t msr, uint64_t value);

/* IA32_ARCH_CAPABILITIES as a guest reads it. */
uint64_t msr_policy_arch_capabilities(void);

#endif
