/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/partition.h"
#include "lib/addr.h"
#include "vmx/exit.h"
#include "vmx/exit_reason.h"
#include "vmx/ve.h"
#include "vmx/vmcs.h"
#include "vmx/vmcs_control.h"

#define QUALIFICATION_TOLD 0xfffu /* the bits that hardware without later extensions has */

enum exit_next exit_ept_violation(void)
{
    const uint64_t address = vmcs_read(VMCS_GUEST_PHYSICAL_ADDRESS);

    /* Did it fault where no handler could run, while an event was delivered? */
    if ((vmcs_read(VMCS_IDT_VECTORING_INFO) & INTERRUPTION_VALID) != 0) {
        return run_return_killed(KILL_EVENT_FAULT, EXIT_EPT_VIOLATION);
    }
    /* Is it private?  All private memory was there from the start: nobody may make it come and go. */
    if ((frame_of_address(address) & shared_bit_gfn) == 0) {
        return run_return_killed(KILL_PRIVATE_ABSENT, address);
    }
    /* Shared: a device, which the guest's #VE handler asks the manager for. */
    return ve_raise_memory(address, vmcs_read(VMCS_EXIT_QUALIFICATION) & QUALIFICATION_TOLD);
}
