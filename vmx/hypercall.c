/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/hypercall.h"

#include "abi/hypercall.h"
#include "abi/status.h"
#include "arch/x86_64/vector.h"
#include "isolation/audit.h"
#include "isolation/frame_donate.h"
#include "isolation/partition.h"
#include "isolation/partition_create.h"
#include "vmx/exit.h"
#include "vmx/run.h"
#include "vmx/vmcs.h"

#define VMCALL_BYTES        3u
#define SS_RIGHTS_DPL_SHIFT 5u
#define SS_RIGHTS_DPL_MASK  3u

/*@ assigns \nothing;
    ensures \result.status == status && \result.value == 0;
*/
static struct answer status_only(uint64_t status)
{
    return (struct answer){status, 0};
}

/*@ requires ready: hypercall_ready && in == &state_here.gpr;
    assigns held, state_here, percpu_here.vcpu, percpu_here.partition, percpus[0 .. CPUS_MAX - 1],
            traces[0 .. PCI_FUNCTIONS_MAX - 1], devices[0 .. PCI_FUNCTIONS_MAX - 1],
            dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count,
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1], stepping[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures devices: device_inv;
    ensures registers: \old(state_here.gpr.rax) != HYPERCALL_VCPU_CREATE ==> hypercall_same_registers{Pre,Post};
    ensures unknown: \old(state_here.gpr.rax) > HYPERCALL_AUDIT_READ ==> \result.status == STATUS_UNKNOWN && \result.value == 0;
*/
static EXIT_HANDLER struct answer decide(const struct gpr_file *in)
{
    switch (in->rax) {
    case HYPERCALL_INFO:
        return hypercall_info(in->rdi, in->rsi);
    case HYPERCALL_PARTITION_CREATE:
        return partition_create(in->rdi, in->rsi);
    case HYPERCALL_PARTITION_SEAL:
        return status_only(partition_seal(in->rdi));
    case HYPERCALL_PARTITION_DESTROY:
        return status_only(hypercall_partition_destroy(in->rdi));
    case HYPERCALL_VCPU_CREATE:
        return hypercall_vcpu_create(in);
    case HYPERCALL_VCPU_INTERRUPT:
        return status_only(hypercall_vcpu_interrupt(in->rdi, in->rsi));
    case HYPERCALL_FRAME_DONATE:
        return status_only(frame_donate(in->rdi, in->rsi, in->rdx, in->r10, in->r8));
    case HYPERCALL_FRAME_RECLAIM:
        return status_only(hypercall_frame_reclaim(in->rdi));
    case HYPERCALL_DEVICE_ASSIGN:
        return status_only(hypercall_device_assign(in->rdi, in->rsi));
    case HYPERCALL_DEVICE_RELEASE:
        return status_only(hypercall_device_release(in->rdi));
    case HYPERCALL_PCI_CONFIG:
        return hypercall_pci_config(in);
    case HYPERCALL_IRQ_MAP:
        return status_only(hypercall_irq_map(in));
    case HYPERCALL_IRQ_UNMAP:
        return status_only(hypercall_irq_unmap(in->rdi, in->rsi));
    case HYPERCALL_CPU_START:
        return status_only(hypercall_cpu_start(in->rdi, in->rsi, in->rdx));
    case HYPERCALL_POWER:
        return status_only(hypercall_power(in->rdi));
    case HYPERCALL_AUDIT_READ:
        return audit_read(in->rdi, in->rsi);
    default:
        return (struct answer){STATUS_UNKNOWN, 0};
    }
}

void hypercall(void)
{
    struct vcpu_state *state = vcpu_state();
    struct answer answer;

    /* Is it the manager's kernel that asks? */
    if ((vmcs_read(VMCS_GUEST_SS_ACCESS_RIGHTS) >> SS_RIGHTS_DPL_SHIFT & SS_RIGHTS_DPL_MASK) != 0) {
        event_inject_exception(VECTOR_UD);
        return;
    }
    exit_skip_bytes(VMCALL_BYTES);
    hypercall_poll();
    if (state->gpr.rax == HYPERCALL_VCPU_RUN) {
        run_start();
        return;
    }
    answer = decide(&state->gpr);
    state->gpr.rax = answer.status;
    state->gpr.rdx = answer.value;
}
