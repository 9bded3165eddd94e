/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/hypercall.h"
#include "abi/status.h"
#include "arch/x86_64/pci.h"
#include "arch/x86_64/tsc.h"
#include "isolation/audit.h"
#include "isolation/device_page.h"
#include "isolation/frame.h"
#include "isolation/partition.h"
#include "vmx/hypercall.h"

#define BARS 8u /* INFO_DEVICE_ADDRESS: function * 8 + BAR */

/*@ assigns \nothing;
    ensures \result.status == STATUS_OK && \result.value == value;
*/
static struct answer item_value(uint64_t value)
{
    return (struct answer){STATUS_OK, value};
}

/*@ requires 1 <= shared_bit_gfn <= GFN_LIMIT / 2;
    assigns \nothing;
*/
static uint64_t shared_bit_position(void)
{
    return (uint64_t)__builtin_ctzll(address_of_frame(shared_bit_gfn));
}

struct answer hypercall_info(uint64_t item, uint64_t index)
{
    switch (item) {
    case INFO_ABI_VERSION:
        return item_value(ABI_VERSION);
    case INFO_TSC_KHZ:
        return item_value(tsc_khz());
    case INFO_CPUS:
        return item_value(partitions[PARTITION_MANAGER].vcpu_count);
    case INFO_AUDIT_NEXT:
        return item_value(audit_next());
    case INFO_SHARED_BIT:
        return item_value(shared_bit_position());
    case INFO_FRAMES_LIMIT:
        return item_value(frame_limit);
    case INFO_PCI_FUNCTIONS:
        return item_value(pci_machine.count);
    case INFO_PCI_FUNCTION:
        return hypercall_info_function(index);
    case INFO_DEVICE_ADDRESS:
        return item_value(device_page_address(index / BARS, index % BARS));
    case INFO_DEVICE_PAGES:
        return item_value(device_page_count(index / BARS, index % BARS));
    default:
        return (struct answer){STATUS_AT(STATUS_INVALID, OPERAND_RDI), 0};
    }
}
