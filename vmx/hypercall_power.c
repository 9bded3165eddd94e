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
static void destroy_guests(void)
{
    for (uint32_t slot = PARTITION_FIRST_GUEST; slot < PARTITIONS_MAX; slot++) {
        uint64_t status = STATUS_RETRY;

        if (partitions[slot].state == PARTITION_FREE) {
            continue;
        }
        hypercall_partition_destroy(partition_id(slot));
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
