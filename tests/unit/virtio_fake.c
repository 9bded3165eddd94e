/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/virtio_fake.h"

#include <string.h>

static struct guest *last_guest;
struct fake_device fake_device;

void fake_init(struct guest *guest)
{
    memset(guest, 0, sizeof(*guest));
    memset(&fake_device, 0, sizeof(fake_device));
    guest->entropy_left = UINT32_MAX;
    last_guest = guest;
}

void *fake_at(struct guest *guest, uint64_t gpa)
{
    return &guest->memory[gpa - FAKE_BASE];
}

static bool is_shared(struct guest *guest, uint64_t gpa, uint32_t bytes)
{
    if (gpa < FAKE_BASE || gpa - FAKE_BASE > FAKE_BYTES || bytes > FAKE_BYTES - (gpa - FAKE_BASE)) {
        guest->refused++;
        return false;
    }
    for (uint64_t at = gpa - FAKE_BASE; at < gpa - FAKE_BASE + bytes; at++) {
        if (guest->private[at / FAKE_PAGE]) {
            guest->refused++;
            return false;
        }
    }
    return true;
}

bool host_guest_read(struct guest *guest, uint64_t gpa, void *to, uint32_t bytes)
{
    guest->reads++;
    if (!is_shared(guest, gpa, bytes)) {
        return false;
    }
    memcpy(to, fake_at(guest, gpa), bytes);
    if (guest->scribble && gpa - FAKE_BASE < guest->scribble_bytes) {
        memset(fake_at(guest, gpa), 0xff, bytes);
    }
    return true;
}

bool host_guest_write(struct guest *guest, uint64_t gpa, const void *from, uint32_t bytes)
{
    guest->writes++;
    if (!is_shared(guest, gpa, bytes)) {
        return false;
    }
    memcpy(fake_at(guest, gpa), from, bytes);
    return true;
}

void host_msi(struct guest *guest, uint64_t address, uint32_t data)
{
    if (guest->message_count < FAKE_MESSAGES) {
        guest->messages[guest->message_count] = (struct fake_message){address, data};
    }
    guest->message_count++;
}

void host_console_output(struct guest *guest, const uint8_t *bytes, uint32_t count)
{
    uint32_t room = FAKE_OUTPUT - guest->output_count;
    uint32_t taken = count < room ? count : room;
    memcpy(guest->output + guest->output_count, bytes, taken);
    guest->output_count += taken;
}

uint32_t host_entropy(uint8_t *to, uint32_t bytes)
{
    struct guest *guest = last_guest;
    uint32_t count = bytes < guest->entropy_left ? bytes : guest->entropy_left;
    memset(to, 0xA5, count);
    guest->entropy_left -= count;
    return count;
}

static bool is_register(uint64_t address, unsigned size)
{
    fake_device.accesses++;
    fake_device.last_size = size;
    return address >= FAKE_DEVICE && address - FAKE_DEVICE + size <= FAKE_DEVICE_BYTES;
}

bool host_device_read(uint64_t address, unsigned size, uint64_t *value)
{
    if (!is_register(address, size)) {
        return false;
    }
    memcpy(value, &fake_device.registers[address - FAKE_DEVICE], size);
    return true;
}

bool host_device_write(uint64_t address, unsigned size, uint64_t value)
{
    if (!is_register(address, size)) {
        return false;
    }
    memcpy(&fake_device.registers[address - FAKE_DEVICE], &value, size);
    return true;
}

void host_device_master(uint32_t name, bool on)
{
    fake_device.name = name;
    fake_device.masters++;
    fake_device.master = on;
}
