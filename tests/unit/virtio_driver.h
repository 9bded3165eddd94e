/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_VIRTIO_DRIVER_H
#define TESTS_UNIT_VIRTIO_DRIVER_H

#include "devices/machine.h"
#include "tests/unit/virtio_fake.h"

/*
 * A small guest driver that reaches the devices only as a guest does: configuration ports, ECAM, MMIO and
 * memory.  It finds everything by the capability list.
 */
enum {
    DRIVER_QUEUES = 2,
    DRIVER_QUEUE_BYTES = 3 * FAKE_PAGE, /* a page each: descriptors, available, used */
    DRIVER_MSI_DATA = 0x20,             /* + vector */
};
#define DRIVER_MSI_ADDRESS 0xFEE00000ull
#define DRIVER_RINGS       FAKE_BASE
#define DRIVER_BUFFERS     (FAKE_BASE + DRIVER_QUEUES * DRIVER_QUEUE_BYTES)
#define DRIVER_FEATURES    (VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM)

struct driver_descriptor {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags;
    uint16_t next;
};

enum driver_descriptor_flags {
    DRIVER_NEXT = 1,
    DRIVER_WRITE = 2,
    DRIVER_INDIRECT = 4,
};

struct driver_used {
    uint32_t id;
    uint32_t written;
};

struct driver {
    struct guest *guest;
    struct device_set *set;
    unsigned device; /* 00:device.0 */
    uint64_t common, notify, isr, config, msix;
    uint32_t notify_stride;
    uint8_t access; /* offset of the capability, 0: none */
    uint16_t queue_size[DRIVER_QUEUES];
    uint16_t available[DRIVER_QUEUES];
    uint16_t seen[DRIVER_QUEUES];
};

/* A set with console (1), entropy (2) and `blocks` block devices. */
void driver_set(struct device_set *set, struct guest *guest, struct virtio_block_image *images,
                unsigned blocks);

/* Configuration space by ports, as Linux does it. */
uint32_t driver_config_read(struct device_set *set, unsigned device, unsigned offset, unsigned size);
void driver_config_write(struct device_set *set, unsigned device, unsigned offset, unsigned size,
                         uint32_t value);

/* MMIO: fails the test where no window takes it. */
uint64_t driver_read(struct driver *driver, uint64_t gpa, unsigned size);
void driver_write(struct driver *driver, uint64_t gpa, unsigned size, uint64_t value);

/* Enable memory and bus mastering, walk the capabilities. */
void driver_probe(struct driver *driver, struct guest *guest, struct device_set *set, unsigned device);
/* Accept `features`; false: the device did not keep FEATURES_OK. */
bool driver_negotiate(struct driver *driver, uint64_t features);
/* Unmask all vectors, config on 0, queue n on n + 1. */
void driver_enable_msix(struct driver *driver);
void driver_queue(struct driver *driver, unsigned queue, uint16_t size);
/* All of it, to DRIVER_OK. */
void driver_start(struct driver *driver, struct guest *guest, struct device_set *set, unsigned device,
                  uint64_t features);
uint8_t driver_status(struct driver *driver);
bool driver_is_stopped(struct driver *driver);

/* The rings. */
uint64_t driver_table(unsigned queue);
uint64_t driver_available_ring(unsigned queue);
uint64_t driver_used_ring(unsigned queue);
void driver_descriptor(struct driver *driver, unsigned queue, uint16_t index, uint64_t address,
                       uint32_t bytes, uint16_t flags, uint16_t next);
void driver_offer(struct driver *driver, unsigned queue, uint16_t head); /* without a kick */
void driver_kick(struct driver *driver, unsigned queue);
/* The next used element; false: none. */
bool driver_used(struct driver *driver, unsigned queue, struct driver_used *used);

#endif
