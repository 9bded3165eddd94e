/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/audit.h"
#include "abi/hypercall.h"
#include "abi/status.h"
#include "arch/x86_64/console.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/power.h"
#include "isolation/audit.h"
#include "isolation/partition.h"
#include "vmx/hypercall.h"
#include "vmx/kick.h"

/* Nothing of a guest survives in memory: neither its frames nor its registers. */
/*@ requires held == 0 && device_inv && life_inv;
    assigns held, devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count,
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
*/
static void destroy_guests(void)
{
    /*@ loop invariant PARTITION_FIRST_GUEST <= slot <= PARTITIONS_MAX;
        loop invariant held == 0 && device_inv && life_inv;
        loop assigns slot, held, devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count,
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
        loop variant PARTITIONS_MAX - slot; */
    for (uint32_t slot = PARTITION_FIRST_GUEST; slot < PARTITIONS_MAX; slot++) {
        uint64_t status = STATUS_RETRY;

        if (partitions[slot].state == PARTITION_FREE) {
            continue;
        }
        hypercall_partition_destroy(partition_id(slot));
        /*@ loop invariant held == 0 && device_inv && life_inv;
            loop assigns status, held, devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count,
            frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1]; */
        while (status == STATUS_RETRY) {
            status = hypercall_frame_reclaim(partition_id(slot));
        }
        /* Is it gone?  Going off with a guest in memory is not to be. */
        if (status != STATUS_OK) {
            panic(PANIC_INVARIANT, slot, status);
        }
    }
}

uint64_t hypercall_power(uint64_t action)
{
    /* Is it one of the two actions? */
    if (action != POWER_OFF && action != POWER_RESET) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    }
    /* All checks passed: nothing below can fail. */
    audit_record(AUDIT_POWER, action, 0, 0);
    kick_stop_others();
    destroy_guests();
    if (action == POWER_RESET) {
        console_line("reset");
        power_reset();
    }
    console_line("power off");
    power_off();
}
