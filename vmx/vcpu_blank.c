/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/vcpu_blank.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/vmxon.h"
#include "arch/x86_64/window.h"
#include "vmx/vcpu_frames.h"

/* VMCLEAR first: the CPU may hold part of the last owner's VMCS, and write it back later. */
void vcpu_clear(uint32_t slot)
{
    if (!insn_vmclear(address_of_frame(vcpu_frames_vmcs(slot)))) {
        panic(PANIC_VMPTRLD, slot, 0);
    }
}

void vcpu_blank(uint32_t slot)
{
    hfn_t first = vcpu_frames_vmcs(slot);
    uint32_t *revision;

    vcpu_clear(slot);
    for (uint32_t i = 0; i < VCPU_FRAMES; i++) {
        window_scrub(first + i);
    }
    revision = window_open(first);
    *revision = vmxon_revision();
    window_close();
    vcpu_clear(slot);
}
