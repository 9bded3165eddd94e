/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/guest_call.h"

#include "manager/guest_acpi.h"

/* Ports that are no device's, but not just all ones. */
enum {
    PORT_KEYBOARD = 0x64,
    KEYBOARD_PULSE_RESET = 0xfe,
    PORT_RTC_DATA = 0x71, /* all ones there look like a clock in update: Linux would wait for seconds */
    PORTS = 0x10000,
};

static bool is_size(uint64_t size, uint64_t largest)
{
    return size <= largest && (size == 1 || size == 2 || size == 4 || size == 8);
}

static uint64_t all_ones(uint64_t size)
{
    return size == 8 ? UINT64_MAX : (1ull << size * 8) - 1;
}

static enum guest_wish write_port(struct guest *guest, uint16_t port, uint64_t size, uint32_t value)
{
    if (device_set_port_write(&guest->devices, port, (unsigned)size, value)) {
        return GUEST_WISH_NOTHING;
    }
    if (port == GUEST_ACPI_WAIT) {
        return GUEST_WISH_WAIT;
    }
    if (port == GUEST_ACPI_SLEEP_CONTROL && (uint8_t)value == GUEST_ACPI_POWER_OFF) {
        return GUEST_WISH_POWER_OFF;
    }
    if ((port == GUEST_ACPI_RESET && (uint8_t)value == GUEST_ACPI_RESET_VALUE) ||
        (port == PORT_KEYBOARD && (uint8_t)value == KEYBOARD_PULSE_RESET)) {
        return GUEST_WISH_RESET;
    }
    return GUEST_WISH_NOTHING;
}

static uint32_t read_port(struct guest *guest, uint16_t port, uint64_t size)
{
    uint32_t value;
    if (device_set_port_read(&guest->devices, port, (unsigned)size, &value)) {
        return value;
    }
    if (port == PORT_RTC_DATA || port == GUEST_ACPI_SLEEP_STATUS) {
        return 0;
    }
    return (uint32_t)all_ones(size);
}

static uint64_t do_port(struct guest *guest, uint64_t *registers, enum guest_wish *wish)
{
    const uint64_t size = registers[GUEST_R12];
    const uint64_t write = registers[GUEST_R13];
    const uint64_t port = registers[GUEST_R14];

    /* Is it one access to ports that there are? */
    if (!is_size(size, sizeof(uint32_t)) || write > 1 || port >= PORTS || size > PORTS - port) {
        return TDVMCALL_INVALID_OPERAND;
    }
    if (write) {
        *wish = write_port(guest, (uint16_t)port, size, (uint32_t)(registers[GUEST_R15] & all_ones(size)));
    } else {
        registers[GUEST_R11] = read_port(guest, (uint16_t)port, size) & all_ones(size);
    }
    return TDVMCALL_SUCCESS;
}

static uint64_t do_mmio(struct guest *guest, uint64_t *registers, uint64_t shared_bit)
{
    const uint64_t size = registers[GUEST_R12];
    const uint64_t write = registers[GUEST_R13];
    const uint64_t gpa = registers[GUEST_R14] ^ 1ull << shared_bit;

    /* Is it one access, and to shared space? */
    if (!is_size(size, sizeof(uint64_t)) || write > 1 || gpa >> shared_bit != 0) {
        return TDVMCALL_INVALID_OPERAND;
    }
    if (write) {
        device_set_mmio_write(&guest->devices, gpa, (unsigned)size, registers[GUEST_R15] & all_ones(size));
        return TDVMCALL_SUCCESS;
    }
    uint64_t value = all_ones(size);
    device_set_mmio_read(&guest->devices, gpa, (unsigned)size, &value);
    registers[GUEST_R11] = value & all_ones(size);
    return TDVMCALL_SUCCESS;
}

enum guest_wish guest_call_answer(struct guest *guest, struct guest_vcpu *vcpu, uint64_t shared_bit)
{
    uint64_t *registers = vcpu->run.registers;
    const uint64_t function = registers[GUEST_R11];
    enum guest_wish wish = GUEST_WISH_NOTHING;
    uint64_t status = TDVMCALL_INVALID_OPERAND;

    registers[GUEST_R11] = 0;
    if (registers[GUEST_R10] == 0 && function == TDVMCALL_IO) {
        status = do_port(guest, registers, &wish);
    } else if (registers[GUEST_R10] == 0 && function == TDVMCALL_MMIO) {
        status = do_mmio(guest, registers, shared_bit);
    }
    registers[GUEST_R10] = status;
    return wish;
}
