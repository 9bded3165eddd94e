/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_VMCS_H
#define VMX_VMCS_H

#include <stdint.h>

#include "arch/x86_64/insn.h"
#include "arch/x86_64/panic.h"
#include "vmx/vmcs_field.h"

/* The current VMCS of this CPU.  A field that cannot be read or written is a bug in the core: it stops. */
static inline uint64_t vmcs_read(enum vmcs_field field)
{
    uint64_t value = 0;

    if (!insn_vmread(field, &value)) {
        panic(PANIC_VMREAD, field, 0);
    }
    return value;
}

static inline void vmcs_write(enum vmcs_field field, uint64_t value)
{
    if (!insn_vmwrite(field, value)) {
        panic(PANIC_VMWRITE, field, value);
    }
}

#endif
