/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/tsc.h"
#include "vmx/exit.h"
#include "vmx/exit_reason.h"
#include "vmx/vlapic.h"
#include "vmx/vlapic_bits.h"
#include "vmx/vmcs.h"
#include "vmx/vmcs_control.h"

/* The guest can take an interrupt now: vlapic_prepare_entry() injects it and ends the window exiting. */
enum exit_next exit_interrupt_window(void)
{
    return NEXT_RESUME;
}

/* The guest's own timer, which vlapic_prepare_entry() fires, or the end of its slice. */
enum exit_next exit_preemption_timer(void)
{
    return tsc_read() >= percpu_this()->run_slice_end ? run_return_interrupted() : NEXT_RESUME;
}

/* After a write that the CPU did in the virtual-APIC page and cannot go on with: of the writes that do not exit
 * (vmx/msr_policy.c) that is a self-IPI with a vector below 16. */
enum exit_next exit_apic_write(void)
{
    const uint64_t offset = vmcs_read(VMCS_EXIT_QUALIFICATION) & APIC_WRITE_OFFSET_MASK;
    const uint32_t written = *vlapic_held(MSR_IA32_X2APIC_SELF_IPI);

    if (offset != vlapic_page_offset(MSR_IA32_X2APIC_SELF_IPI) ||
        vlapic_write(MSR_IA32_X2APIC_SELF_IPI, written) != VLAPIC_DONE) {
        return run_return_killed(KILL_UNEXPECTED_EXIT, EXIT_APIC_WRITE);
    }
    return NEXT_RESUME;
}
