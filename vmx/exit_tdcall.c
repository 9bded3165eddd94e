/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/vector.h"
#include "vmx/exit.h"
#include "vmx/tdcall.h"
#include "vmx/vmcs.h"

#define CS_LONG (1u << 13) /* access rights of CS: 64-bit code */

/* On CPUs with TDX; CPL > 0 was a #GP before. */
enum exit_next exit_tdcall(void)
{
    if ((vmcs_read(VMCS_GUEST_CS_ACCESS_RIGHTS) & CS_LONG) == 0) {
        event_inject_exception(VECTOR_UD);
        return NEXT_RESUME;
    }
    return tdcall();
}
