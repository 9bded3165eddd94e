/* SPDX-License-Identifier: Apache-2.0 */
/* The hypercalls for devices on a machine without VT-d: every function is nobody's, whatever is asked. */
#include "abi/hypercall.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"

#define ALL_ONES 0xffffffffffffffffull
enum { COMMAND = 4, MASTER = 4, OFFSETS = 256 };

static uint64_t status(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10)
{
    return tiny_call(number, rdi, rsi, rdx, r10, 0).status;
}

#define REFUSED(name, code, operand, ...)                                                                    \
    tiny_check_equal(name, status(__VA_ARGS__), STATUS_AT((uint64_t)(code), (uint64_t)(operand)))

static uint64_t function_at(uint64_t index)
{
    return tiny_call(HYPERCALL_INFO, INFO_PCI_FUNCTION, index, 0, 0, 0).value & 0xffffffffu;
}

static uint64_t config(uint64_t function, uint64_t offset, uint64_t bytes)
{
    return tiny_call(HYPERCALL_PCI_CONFIG, function, offset, bytes, 0, 0).value;
}

/* Every write of every size at every offset: refused, and Command and the base addresses stay. */
static bool writes_are_refused(uint64_t function)
{
    const uint64_t command = config(function, COMMAND, 2);
    bool all = true;

    for (uint64_t offset = 0; offset < OFFSETS; offset++) {
        for (uint64_t bytes = 1; bytes <= 4; bytes *= 2) {
            const uint64_t answer =
                status(HYPERCALL_PCI_CONFIG, function, offset, bytes + PCI_CONFIG_WRITE, ALL_ONES);
            all = all && (answer & 0xff) == (offset % bytes == 0 ? STATUS_BAD_STATE : STATUS_INVALID);
        }
    }
    return all && config(function, COMMAND, 2) == command;
}

static void each_function(uint64_t count, uint64_t guest)
{
    uint64_t masters = 0;
    bool denied = true;
    bool released = true;
    bool interrupts = true;
    bool writes = true;

    for (uint64_t i = 0; i < count; i++) {
        const uint64_t f = function_at(i);

        denied = denied &&
                 status(HYPERCALL_DEVICE_ASSIGN, 1, f, 0, 0) == STATUS_AT(STATUS_DENIED, OPERAND_RSI) &&
                 status(HYPERCALL_DEVICE_ASSIGN, guest, f, 0, 0) == STATUS_AT(STATUS_DENIED, OPERAND_RSI);
        released = released &&
                   status(HYPERCALL_DEVICE_RELEASE, f, 0, 0, 0) == STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI);
        interrupts = interrupts &&
                     status(HYPERCALL_IRQ_MAP, f, 0, 32, 0) == STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI) &&
                     status(HYPERCALL_IRQ_UNMAP, f, 0, 0, 0) == STATUS_AT(STATUS_BAD_STATE, OPERAND_RSI);
        writes = writes && writes_are_refused(f);
        /* Bochs' bridges have the bit hardwired. */
        masters += config(f, 0x0a, 2) >> 8 != 6 && (config(f, COMMAND, 2) & MASTER) != 0;
    }
    tiny_check("no function is given to the manager or to a guest", denied);
    tiny_check("none is released", released);
    tiny_check("none gets an interrupt", interrupts);
    tiny_check("nothing of configuration space is written", writes);
    tiny_check_equal("bus mastering is off", masters, 0);
}

static void wrong_operands(uint64_t f, uint64_t count)
{
    REFUSED("a function beyond the last", STATUS_INVALID, OPERAND_RSI, HYPERCALL_INFO, INFO_PCI_FUNCTION,
            count, 0, 0);
    REFUSED("assigning no function", STATUS_INVALID, OPERAND_RSI, HYPERCALL_DEVICE_ASSIGN, 1, ALL_ONES, 0, 0);
    REFUSED("assigning a function's name plus 2^32", STATUS_INVALID, OPERAND_RSI, HYPERCALL_DEVICE_ASSIGN, 1,
            f + (1ull << 32), 0, 0);
    REFUSED("assigning to the core", STATUS_INVALID, OPERAND_RDI, HYPERCALL_DEVICE_ASSIGN, 0, f, 0, 0);
    REFUSED("assigning to no partition", STATUS_INVALID, OPERAND_RDI, HYPERCALL_DEVICE_ASSIGN, ALL_ONES, f, 0,
            0);
    REFUSED("releasing no function", STATUS_INVALID, OPERAND_RDI, HYPERCALL_DEVICE_RELEASE, ALL_ONES, 0, 0,
            0);
    REFUSED("configuration of no function", STATUS_INVALID, OPERAND_RDI, HYPERCALL_PCI_CONFIG, ALL_ONES, 0, 4,
            0);
    REFUSED("configuration of another segment", STATUS_INVALID, OPERAND_RDI, HYPERCALL_PCI_CONFIG, f + 65536,
            0, 4, 0);
    REFUSED("no bytes of it", STATUS_INVALID, OPERAND_RDX, HYPERCALL_PCI_CONFIG, f, 0, 0, 0);
    REFUSED("8 bytes of it", STATUS_INVALID, OPERAND_RDX, HYPERCALL_PCI_CONFIG, f, 0, 8, 0);
    REFUSED("a reserved flag", STATUS_INVALID, OPERAND_RDX, HYPERCALL_PCI_CONFIG, f, 0, 0x204, 0);
    REFUSED("all flags", STATUS_INVALID, OPERAND_RDX, HYPERCALL_PCI_CONFIG, f, 0, ALL_ONES, 0);
    REFUSED("beyond its end", STATUS_INVALID, OPERAND_RSI, HYPERCALL_PCI_CONFIG, f, 256, 4, 0);
    REFUSED("beyond its end by wrapping", STATUS_INVALID, OPERAND_RSI, HYPERCALL_PCI_CONFIG, f, ALL_ONES, 1,
            0);
    REFUSED("across a register", STATUS_INVALID, OPERAND_RSI, HYPERCALL_PCI_CONFIG, f, 2, 4, 0);
    REFUSED("an interrupt of no function", STATUS_INVALID, OPERAND_RDI, HYPERCALL_IRQ_MAP, ALL_ONES, 0, 32,
            0);
    REFUSED("an interrupt to a CPU that is not the manager's", STATUS_INVALID, OPERAND_R10, HYPERCALL_IRQ_MAP,
            f, 0, 32, 64);
    REFUSED("to CPU 2^32", STATUS_INVALID, OPERAND_R10, HYPERCALL_IRQ_MAP, f, 0, 32, 1ull << 32);
    REFUSED("unmapping an interrupt of no function", STATUS_INVALID, OPERAND_RDI, HYPERCALL_IRQ_UNMAP,
            ALL_ONES, 0, 0, 0);
}

void tiny_main(const struct boot_info *boot)
{
    const uint64_t guest = tiny_call(HYPERCALL_PARTITION_CREATE, 16, 1, 0, 0, 0).value;
    const uint64_t count = tiny_call(HYPERCALL_INFO, INFO_PCI_FUNCTIONS, 0, 0, 0, 0).value;

    tiny_check("the machine has functions", count > 1);
    wrong_operands(function_at(0), count);
    tiny_check("configuration is read", config(function_at(0), 0, 4) == (config(function_at(0), 0, 2) |
                                                                         config(function_at(0), 2, 2) << 16));
    each_function(count, guest);
}
