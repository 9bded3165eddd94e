/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_VCPU_FRAMES_H
#define VMX_VCPU_FRAMES_H

#include <stdint.h>

#include "lib/addr.h"
#include "vmx/vcpu_state.h"

/* The frames of the core that hold a vCPU: its VMCS, then its struct vcpu_state. */
#define VCPU_FRAMES (1u + VCPU_STATE_FRAMES)

/* Set once at boot: VCPUS_MAX * VCPU_FRAMES frames of the core's region from `first` on. */
void vcpu_frames_init(hfn_t first);

hfn_t vcpu_frames_vmcs(uint32_t slot);
hfn_t vcpu_frames_state(uint32_t slot);
/* The virtual-APIC page: the second frame of the state. */
hfn_t vcpu_frames_virtual_apic(uint32_t slot);

#endif
