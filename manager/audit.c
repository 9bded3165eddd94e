/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/audit.h"

#include "abi/audit.h"
#include "manager/hypercall.h"
#include "manager/print.h"

#define LOOK_BACK 4096ull /* records; the core may keep fewer, and says so of each */

struct denials {
    uint64_t memory;
    uint64_t ports;
    uint64_t msrs;
};

static void count_record(struct denials *denials, uint64_t sequence)
{
    const struct answer event = hypercall(HYPERCALL_AUDIT_READ, sequence, AUDIT_WORD_EVENT, 0, 0, 0);
    if (event.status != STATUS_OK) {
        return;
    }
    denials->memory += event.value == AUDIT_MANAGER_MEMORY_DENIED;
    denials->ports += event.value == AUDIT_MANAGER_PORT_DENIED;
    denials->msrs += event.value == AUDIT_MANAGER_MSR_DENIED;
}

void audit_report(void)
{
    struct denials denials = {0, 0, 0};
    const uint64_t next = hypercall_info(INFO_AUDIT_NEXT);

    for (uint64_t sequence = next > LOOK_BACK ? next - LOOK_BACK : 0; sequence < next; sequence++) {
        count_record(&denials, sequence);
    }
    print("bulkhead-manager: the core denied the manager %u memory accesses, %u ports, %u MSRs\n",
          denials.memory, denials.ports, denials.msrs);
}
