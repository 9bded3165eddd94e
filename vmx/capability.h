/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_CAPABILITY_H
#define VMX_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The VMX controls of this machine, negotiated once at boot against its capability MSRs.
 * Source: Intel SDM Vol. 3D, "VMX Capability Reporting Facility".
 */
struct capability {
    uint32_t pin;             /* every partition: NMI exiting, virtual NMIs, preemption timer */
    uint32_t pin_guest;       /* and external-interrupt exiting */
    uint32_t primary;         /* every partition */
    uint32_t primary_guest;   /* and HLT exiting, and CR8 exiting or the TPR shadow */
    uint32_t secondary;       /* every partition */
    uint32_t secondary_guest; /* and APIC virtualisation */
    uint32_t exit;
    uint32_t entry;            /* without IA-32e mode guest */
    uint32_t preemption_shift; /* the timer counts TSC ticks / 2^shift */
    bool has_perf_global_ctrl;
    bool has_xsaves;
    bool has_encls_exiting;
    bool has_ept_large; /* EPT leaves of 2 MiB */
    /* The CPU keeps the TPR, ISR and IRR of guests and delivers their interrupts: all controls of it, or none is used. */
    bool has_apic_virtualization;
};

extern struct capability capability;

/* Refuses the machine by the name of the first control that isolation needs and it lacks.  APIC virtualisation is used
 * where the CPU has it and `apic_virtualization`. */
void capability_negotiate(bool apic_virtualization);

#endif
