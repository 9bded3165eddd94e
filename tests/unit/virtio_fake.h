/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_VIRTIO_FAKE_H
#define TESTS_UNIT_VIRTIO_FAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/host.h"

/* A fake of devices/host.h: a guest that is a little memory, of which some pages are private. */
enum {
    FAKE_PAGE = 4096,
    FAKE_PAGES = 96,
    FAKE_BYTES = FAKE_PAGES * FAKE_PAGE,
    FAKE_MESSAGES = 64,
    FAKE_OUTPUT = 256 * 1024,
};
#define FAKE_BASE 0x100000ull

struct fake_message {
    uint64_t address;
    uint32_t data;
};

struct guest {
    uint8_t memory[FAKE_BYTES]; /* at guest-physical FAKE_BASE */
    bool private[FAKE_PAGES];
    bool scribble; /* after each read of one of the first `scribble_bytes`, memory changes under the device */
    uint64_t scribble_bytes;
    uint64_t reads;
    uint64_t writes;
    uint64_t refused;
    unsigned message_count;
    struct fake_message messages[FAKE_MESSAGES];
    uint32_t output_count;
    uint8_t output[FAKE_OUTPUT];
    uint32_t entropy_left; /* what host_entropy still gives */
};

/* The registers of a device that was assigned, at FAKE_DEVICE; what is beyond them is denied. */
enum { FAKE_DEVICE_BYTES = 0x8000 };
#define FAKE_DEVICE 0xffff807fc0000000ull
struct fake_device {
    uint8_t registers[FAKE_DEVICE_BYTES];
    unsigned accesses;
    unsigned last_size;
    uint32_t name; /* of the last host_device_master() */
    unsigned masters;
    bool master;
};
extern struct fake_device fake_device;

/* Zero memory, all shared; entropy without end. */
void fake_init(struct guest *guest);

/* Where guest-physical `gpa` is on the host. */
void *fake_at(struct guest *guest, uint64_t gpa);

#endif
