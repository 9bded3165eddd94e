/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/efer.h"

#include "arch/x86_64/msr.h"
#include "vmx/cr_policy.h"
#include "vmx/vmcs.h"

bool efer_write(uint64_t value)
{
    const uint64_t old = vmcs_read(VMCS_GUEST_IA32_EFER);

    /* Are they bits a partition has? */
    if ((value & ~CR_POLICY_EFER) != 0) {
        return false;
    }
    /* Does long mode stay as it is while paging is on? */
    if (((value ^ old) & EFER_LME) != 0 && (vmcs_read(VMCS_GUEST_CR0) & CR0_PG) != 0) {
        return false;
    }
    /* All checks passed: nothing below can fail.  LMA follows CR0.PG alone. */
    vmcs_write(VMCS_GUEST_IA32_EFER, (value & ~(uint64_t)EFER_LMA) | (old & EFER_LMA));
    return true;
}
