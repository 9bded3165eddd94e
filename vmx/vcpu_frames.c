/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/vcpu_frames.h"

static hfn_t vcpu_frames_first;

void vcpu_frames_init(hfn_t first)
{
    vcpu_frames_first = first;
}

hfn_t vcpu_frames_vmcs(uint32_t slot)
{
    return vcpu_frames_first + (uint64_t)slot * VCPU_FRAMES;
}

hfn_t vcpu_frames_state(uint32_t slot)
{
    return vcpu_frames_vmcs(slot) + 1;
}

hfn_t vcpu_frames_virtual_apic(uint32_t slot)
{
    return vcpu_frames_state(slot) + 1;
}
