/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_VMCS_SETUP_H
#define PROOFS_TRUSTED_VMCS_SETUP_H

/* For the prover around vmx/vmcs_setup.h: fields of the current VMCS, of a vCPU this CPU has claimed. */
#include_next "vmx/vmcs_setup.h"

#include "arch/x86_64/percpu.h"
#include "isolation/vcpu.h"

/*@ requires is_vcpu(slot) && vcpus[slot].state == VCPU_RUNNING && percpu_here.vcpu == slot;
    requires rip < 0x800000000000 && cr3 % 4096 == 0 && cr3 / 4096 < shared_bit_gfn;
    assigns \nothing;
*/
void vmcs_setup_guest(uint32_t cpu, uint32_t slot, uint32_t partition, uint64_t rip, uint64_t cr3);

#endif
