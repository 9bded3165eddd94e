/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/status.h"
#include "arch/x86_64/insn.h"
#include "isolation/partition.h"
#include "isolation/vcpu.h"
#include "vmx/hypercall.h"
#include "vmx/kick.h"
#include "vmx/vcpu_blank.h"

/* Whoever has it comes out of it soon: its partition does not run any more. */
/*@ assigns vcpus[id % VCPUS_MAX].state;
    ensures keeps: life_inv{Pre} ==> life_inv{Post};
    ensures gone: \old(vcpu_there(id)) ==> vcpus[id % VCPUS_MAX].state == VCPU_GONE;
*/
static void end_vcpu(uint64_t id)
{
    struct answer seized = vcpu_seize(id);

    /*@ loop invariant keeps: life_inv{Pre} ==> life_inv;
        loop invariant there: vcpu_there{Pre}(id) ==> vcpu_there(id) && (seized.status == STATUS_OK || seized.status == STATUS_BUSY ||
          vcpus[id % VCPUS_MAX].state == VCPU_GONE);
        loop invariant mine: seized.status == STATUS_OK ==> seized.value == id % VCPUS_MAX && vcpus[id % VCPUS_MAX].state == VCPU_RUNNING;
        loop assigns seized, vcpus[id % VCPUS_MAX].state; */
    while (seized.status == STATUS_BUSY) {
        insn_pause();
        seized = vcpu_seize(id);
    }
    if (seized.status == STATUS_OK) {
        kick_clear_vmcs((uint32_t)seized.value);
        vcpu_blank((uint32_t)seized.value);
        vcpu_retire((uint32_t)seized.value);
    }
}

uint64_t hypercall_partition_destroy(uint64_t id)
{
    const uint64_t status = partition_destroy(id);

    /* Until the last of its vCPUs is gone the partition stays, and these slots are its own.  Had it none it may be gone
     * now; no other vCPU has its id. */
    /*@ loop invariant 0 <= slot <= VCPUS_MAX;
        loop invariant lives: life_inv;
        loop assigns slot, vcpus[0 .. VCPUS_MAX - 1];
        loop variant VCPUS_MAX - slot; */
    for (uint64_t slot = 0; status == STATUS_OK && slot < VCPUS_MAX; slot++) {
        end_vcpu(id * VCPUS_MAX + slot);
    }
    return status;
}
