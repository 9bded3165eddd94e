/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/status.h"
#include "arch/x86_64/percpu.h"
#include "isolation/partition.h"
#include "isolation/vcpu.h"
#include "vmx/hypercall.h"
#include "vmx/kick.h"
#include "vmx/stepping.h"
#include "vmx/vcpu_blank.h"
#include "vmx/vlapic.h"
#include "vmx/vmcs_setup.h"
#include "vmx/world.h"

#define CANONICAL_LOW_LIMIT 0x800000000000ull /* 2^47 */

struct answer hypercall_vcpu_create(const struct gpr_file *registers)
{
    struct percpu *this = percpu_this();
    struct gpr_file in = *registers;
    struct answer answer;
    uint32_t slot;

    /* Is the start a canonical address, and the root of its tables a guest frame without the shared bit? */
    if (in.rsi >= CANONICAL_LOW_LIMIT) {
        return (struct answer){STATUS_AT(STATUS_INVALID, OPERAND_RSI), 0};
    }
    if (in.r10 % FRAME_SIZE != 0 || frame_of_address(in.r10) >= shared_bit_gfn) {
        return (struct answer){STATUS_AT(STATUS_INVALID, OPERAND_R10), 0};
    }
    answer = vcpu_create(in.rdi);
    if (answer.status != STATUS_OK) {
        return answer;
    }
    slot = (uint32_t)(answer.value % VCPUS_MAX);
    /* All checks passed: nothing below can fail.  The manager's VMCS and registers are put aside meanwhile. */
    vcpu_blank(slot);
    stepping_reset(slot);
    world_select(slot, vcpus[slot].partition);
    vmcs_setup_guest(this->cpu, slot, vcpus[slot].partition, in.rsi, in.r10);
    world_reset();
    vlapic_reset(&vcpu_state()->vlapic);
    vcpu_state()->gpr.rsi = in.rdx;
    world_select(this->manager_vcpu, PARTITION_MANAGER);
    /* Whichever CPU runs it first: its VMCS is on none. */
    vcpu_clear(slot);
    vcpu_release(slot);
    return answer;
}

uint64_t hypercall_vcpu_interrupt(uint64_t id, uint64_t vector)
{
    const uint64_t status = vcpu_request_interrupt(id, vector);

    if (status == STATUS_OK) {
        (void)kick_vcpu((uint32_t)(id % VCPUS_MAX));
    }
    return status;
}
