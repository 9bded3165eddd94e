/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_HYPERCALL_H
#define VMX_HYPERCALL_H

#include "abi/hypercall.h"
#include "abi/status.h"
#include "arch/x86_64/pci.h"
#include "arch/x86_64/percpu.h"
#include "isolation/audit.h"
#include "isolation/device.h"
#include "isolation/life.h"
#include "isolation/vcpu.h"
#include "lib/answer.h"
#include "vmx/exit.h"
#include "vmx/stepping.h"
#include "vmx/vcpu_state.h"

/*@ // The manager runs here, without the lock.
    predicate hypercall_ready{L} = \at(held,L) == 0 && device_inv{L} && life_inv{L} && 1 <= \at(shared_bit_gfn,L) <= GFN_LIMIT / 2 &&
      is_vcpu(\at(percpu_here.manager_vcpu,L)) && \at(pci_machine.count,L) <= PCI_FUNCTIONS_MAX;
    predicate hypercall_same_registers{L1,L2} =
      \at(state_here.gpr.rcx,L1) == \at(state_here.gpr.rcx,L2) && \at(state_here.gpr.rbx,L1) == \at(state_here.gpr.rbx,L2) &&
      \at(state_here.gpr.rbp,L1) == \at(state_here.gpr.rbp,L2) && \at(state_here.gpr.rsi,L1) == \at(state_here.gpr.rsi,L2) &&
      \at(state_here.gpr.rdi,L1) == \at(state_here.gpr.rdi,L2) && \at(state_here.gpr.r8,L1) == \at(state_here.gpr.r8,L2) &&
      \at(state_here.gpr.r9,L1) == \at(state_here.gpr.r9,L2) && \at(state_here.gpr.r10,L1) == \at(state_here.gpr.r10,L2) &&
      \at(state_here.gpr.r11,L1) == \at(state_here.gpr.r11,L2) && \at(state_here.gpr.r12,L1) == \at(state_here.gpr.r12,L2) &&
      \at(state_here.gpr.r13,L1) == \at(state_here.gpr.r13,L2) && \at(state_here.gpr.r14,L1) == \at(state_here.gpr.r14,L2) &&
      \at(state_here.gpr.r15,L1) == \at(state_here.gpr.r15,L2);
*/

/* The manager executed VMCALL: decode, act, answer (abi/hypercall.h).  After VCPU_RUN the current vCPU is a guest's. */
/*@ requires ready: hypercall_ready;
    assigns held, state_here, percpu_here, percpus[0 .. CPUS_MAX - 1], traces[0 .. PCI_FUNCTIONS_MAX - 1],
            devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count,
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1], stepping[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures devices: device_inv;
    // VCPU_CREATE changes the window meanwhile (vmx/world.c).
    ensures registers: \old(state_here.gpr.rax) != HYPERCALL_VCPU_RUN && \old(state_here.gpr.rax) != HYPERCALL_VCPU_CREATE ==>
      hypercall_same_registers{Pre,Post};
*/
EXIT_HANDLER void hypercall(void);

/* The families that need more than a call into isolation/, from the manager's registers. */
/*@ requires ready: hypercall_ready;
    assigns \nothing;
    ensures unknown: item > INFO_DEVICE_PAGES ==> \result.status == STATUS_AT(STATUS_INVALID, OPERAND_RDI) && \result.value == 0;
    ensures known: item <= INFO_DEVICE_PAGES && item != INFO_PCI_FUNCTION ==> \result.status == STATUS_OK;
    ensures version: item == INFO_ABI_VERSION ==> \result.value == ABI_VERSION;
    ensures cpus: item == INFO_CPUS ==> \result.value == made(PARTITION_MANAGER);
    ensures limit: item == INFO_FRAMES_LIMIT ==> \result.value == frame_limit;
    ensures function: item == INFO_PCI_FUNCTION && index >= pci_machine.count ==>
      \result.status == STATUS_AT(STATUS_INVALID, OPERAND_RSI) && \result.value == 0;
*/
struct answer hypercall_info(uint64_t item, uint64_t index);
/*@ requires ready: hypercall_ready;
    assigns \nothing;
    ensures function: index >= pci_machine.count ==> \result.status == STATUS_AT(STATUS_INVALID, OPERAND_RSI) && \result.value == 0;
    ensures ok: index < pci_machine.count ==> \result.status == STATUS_OK;
*/
struct answer hypercall_info_function(uint64_t index);
/*@ predicate vcpu_start_ok(struct gpr_file g) = g.rsi < 0x800000000000;
    predicate vcpu_root_ok(struct gpr_file g) = g.r10 % 4096 == 0 && g.r10 / 4096 < shared_bit_gfn;
*/
/* VCPU_CREATE.  INVALID at RSI: the start is not a canonical address of the lower half; at R10: not a guest frame below the
 * shared bit.  The rest is vcpu_create()'s. */
/*@ requires ready: hypercall_ready && registers == &state_here.gpr;
    assigns held, state_here, percpu_here.vcpu, percpu_here.partition,
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1], stepping[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures start: !vcpu_start_ok(\old(state_here.gpr)) ==> \result.status == STATUS_AT(STATUS_INVALID, OPERAND_RSI);
    ensures root: vcpu_start_ok(\old(state_here.gpr)) && !vcpu_root_ok{Pre}(\old(state_here.gpr)) ==>
      \result.status == STATUS_AT(STATUS_INVALID, OPERAND_R10);
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0 && state_here == \old(state_here) &&
      percpu_here.vcpu == \old(percpu_here.vcpu) && percpu_here.partition == \old(percpu_here.partition);
    // The manager's vCPU is the current one again.
    ensures back: \result.status == STATUS_OK ==> percpu_here.vcpu == percpu_here.manager_vcpu && percpu_here.partition == PARTITION_MANAGER;
    // What was made is nobody's claim any more.
    ensures ready: \result.status == STATUS_OK ==> vcpus[\result.value % VCPUS_MAX].state == VCPU_READY;
    // Nor is it refused for what the slot's last vCPU did.
    ensures stepping: \result.status == STATUS_OK ==> stepping[\result.value % VCPUS_MAX].in_a_row == 0 &&
      stepping[\result.value % VCPUS_MAX].refused_until == 0;
*/
struct answer hypercall_vcpu_create(const struct gpr_file *registers);
/* PARTITION_DESTROY: and the registers of its vCPUs are scrubbed. */
/*@ requires ready: held == 0;
    assigns held, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count,
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures lives: life_inv;
*/
uint64_t hypercall_partition_destroy(uint64_t id);
/* FRAME_RECLAIM: the partition's devices are released before its tables can go. */
/*@ requires ready: held == 0 && device_inv;
    assigns held, devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count,
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures devices: device_inv;
    ensures lives: life_inv;
*/
uint64_t hypercall_frame_reclaim(uint64_t id);
/* Devices: these take the ownership lock around isolation/device*.h, where the refusals are said.  IRQ_MAP: INVALID at
 * R10 is also a CPU that the manager does not run on. */
/*@ requires ready: held == 0 && device_inv;
    assigns held, traces[0 .. PCI_FUNCTIONS_MAX - 1], devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count,
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures devices: device_inv;
*/
uint64_t hypercall_device_assign(uint64_t id, uint64_t function);
/*@ requires ready: held == 0 && device_inv;
    assigns held, devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count,
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures devices: device_inv;
*/
uint64_t hypercall_device_release(uint64_t function);
/*@ requires ready: held == 0 && in == &state_here.gpr && device_inv;
    assigns held, frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
*/
struct answer hypercall_pci_config(const struct gpr_file *in);
/*@ requires ready: held == 0 && in == &state_here.gpr && life_inv && device_inv;
    assigns held, device_irqs[0 .. VTD_INTERRUPTS_MAX - 1], frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures devices: device_inv;
    ensures cpu: in->r10 >= \old(made(PARTITION_MANAGER)) ==> \result == STATUS_AT(STATUS_INVALID, OPERAND_R10);
*/
uint64_t hypercall_irq_map(const struct gpr_file *in);
/*@ requires ready: held == 0 && device_inv;
    assigns held, device_irqs[0 .. VTD_INTERRUPTS_MAX - 1], frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures devices: device_inv;
*/
uint64_t hypercall_irq_unmap(uint64_t function, uint64_t number);
/* VCPU_INTERRUPT: vcpu_request_interrupt(), and the CPU that runs the vCPU is told. */
/*@ assigns vcpus[0 .. VCPUS_MAX - 1];
    ensures keeps: life_inv{Pre} ==> life_inv{Post};
    ensures vcpu: !vcpu_there(id) ==> \result == STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    ensures vector: vcpu_there(id) && !vector_ok(vector) ==> \result == STATUS_AT(STATUS_INVALID, OPERAND_RSI);
    ensures ok: vcpu_there(id) && vector_ok(vector) ==> \result == STATUS_OK;
*/
uint64_t hypercall_vcpu_interrupt(uint64_t id, uint64_t vector);
/* CPU_START.  INVALID at RDI: no such CPU; at RSI or RDX: more than 32 bits.  BAD_STATE at RDI: the manager has it. */
/*@ requires ready: held == 0 && life_inv;
    assigns held, percpus[0 .. CPUS_MAX - 1],
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures cpu: cpu >= \old(made(PARTITION_MANAGER)) ==> \result == STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    ensures entry: cpu < \old(made(PARTITION_MANAGER)) && entry > 0xffffffff ==> \result == STATUS_AT(STATUS_INVALID, OPERAND_RSI);
    ensures value: cpu < \old(made(PARTITION_MANAGER)) && entry <= 0xffffffff && value > 0xffffffff ==>
      \result == STATUS_AT(STATUS_INVALID, OPERAND_RDX);
*/
uint64_t hypercall_cpu_start(uint64_t cpu, uint64_t entry, uint64_t value);
/* POWER.  INVALID at RDI: no such action; else it does not return. */
/*@ requires ready: held == 0 && device_inv && life_inv;
    assigns held, devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count,
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures refused: action > POWER_RESET && \result == STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    ensures unlocked: held == 0;
    ensures devices: device_inv;
*/
uint64_t hypercall_power(uint64_t action);

/* Now and then a look at what VT-d units have blocked. */
/*@ requires ready: held == 0 && device_inv && life_inv;
    assigns held, percpu_here.polls, devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count,
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures devices: device_inv;
    ensures lives: life_inv;
*/
void hypercall_poll(void);

#endif
