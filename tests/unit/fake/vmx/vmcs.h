/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_VMCS_H
#define VMX_VMCS_H

#include <stdint.h>

#include "vmx/vmcs_field.h"

/* In place of vmx/vmcs.h: the current VMCS is an array (tests/unit/vmx_fake.c). */
uint64_t vmcs_read(enum vmcs_field field);
void vmcs_write(enum vmcs_field field, uint64_t value);

#endif
