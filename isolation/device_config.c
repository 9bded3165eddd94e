/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/device_config.h"

#include "isolation/device_group.h"

#define COMMAND_OFFSET 4u
#define COMMAND_BYTES  2u
#define COMMAND_MASK   ((uint32_t)(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_OFF))
#define BITS_PER_BYTE  8u

/*@ requires 0 < code < 0x100 && operand < 0x100;
    assigns \nothing;
    ensures \result.status == STATUS_AT(code, operand) && \result.value == 0;
*/
static struct answer refuse(uint64_t code, uint64_t operand)
{
    return (struct answer){STATUS_AT(code, operand), 0};
}

/*@ requires index < PCI_FUNCTIONS_MAX && offset < PCI_CONFIG_BYTES && (bytes == 1 || bytes == 2 || bytes == 4);
    assigns \nothing;
    ensures \result.status == STATUS_OK;
*/
static struct answer read(uint32_t index, uint64_t offset, uint64_t bytes)
{
    const uint64_t mask = bytes == 4 ? UINT32_MAX : bytes == 2 ? UINT16_MAX : UINT8_MAX;
    const uint64_t dword = pci_function_read(index, (uint32_t)(offset / 4u * 4u));

    return (struct answer){STATUS_OK, dword >> offset % 4u * BITS_PER_BYTE & mask};
}

/* Of a function that somebody has. */
/*@ requires is_function(index) && machine_ok && devices[group_of(index)].state == DEVICE_OWNED;
    assigns \nothing;
*/
static void write_command(uint32_t index, uint64_t value)
{
    pci_function_command(index, COMMAND_MASK, (uint32_t)(value & COMMAND_MASK));
}

struct answer device_config(uint64_t name, uint64_t offset, uint64_t access, uint64_t value)
{
    const uint32_t index = device_find(name);
    const uint64_t bytes = access % PCI_CONFIG_WRITE;

    /* Is it a function within reach? */
    if (index == DEVICE_NONE || pci_machine.functions[index].segment != 0) {
        return refuse(STATUS_INVALID, OPERAND_RDI);
    }
    /* Is it one whole register or a part of one? */
    if (access >= 2u * PCI_CONFIG_WRITE || (bytes != 1 && bytes != 2 && bytes != 4)) {
        return refuse(STATUS_INVALID, OPERAND_RDX);
    }
    if (offset >= PCI_CONFIG_BYTES || offset % bytes != 0) {
        return refuse(STATUS_INVALID, OPERAND_RSI);
    }
    if (access == bytes) {
        return read(index, offset, bytes);
    }
    /* May it be written? */
    if (devices[device_facts[index].group].state != DEVICE_OWNED) {
        return refuse(STATUS_BAD_STATE, OPERAND_RDI);
    }
    if (offset != COMMAND_OFFSET || bytes != COMMAND_BYTES || pci_machine.functions[index].header_type != 0) {
        return refuse(STATUS_DENIED, OPERAND_RSI);
    }
    /* All checks passed: nothing below can fail. */
    write_command(index, value);
    return (struct answer){STATUS_OK, 0};
}
