/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_VCPU_BLANK_H
#define VMX_VCPU_BLANK_H

#include <stdint.h>

/* Scrub all that vCPU slot `slot` held for whoever had it before, and make its VMCS a clear one. */
void vcpu_blank(uint32_t slot);

/* VMCLEAR on this CPU. */
void vcpu_clear(uint32_t slot);

#endif
