/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/virtio_driver.h"

#include "tests/unit/unit.h"

#include "devices/virtio_common.h"

enum {
    CAPABILITY_VENDOR = 9,
    CAPABILITY_MSIX = 0x11,
};

void driver_set(struct device_set *set, struct guest *guest, struct virtio_block_image *images,
                unsigned blocks)
{
    struct device_config config = {
        .pci_ways = PCI_HOST_PORTS | PCI_HOST_ECAM,
        .uart = true,
        .console = true,
        .entropy = true,
        .block_count = blocks,
    };
    for (unsigned i = 0; i < blocks; i++) {
        config.blocks[i] = images[i];
    }
    memset(set, 0xCC, sizeof(*set)); /* init must not rely on zeroed memory */
    device_set_init(set, guest, &config);
}

static void select_register(struct device_set *set, unsigned device, unsigned offset)
{
    assert_true(device_set_port_write(set, 0xCF8, 4, 0x80000000u | device << 11 | (offset & 0xFC)));
}

uint32_t driver_config_read(struct device_set *set, unsigned device, unsigned offset, unsigned size)
{
    uint32_t value = 0;
    select_register(set, device, offset);
    assert_true(device_set_port_read(set, (uint16_t)(0xCFC + (offset & 3)), size, &value));
    return value;
}

void driver_config_write(struct device_set *set, unsigned device, unsigned offset, unsigned size,
                         uint32_t value)
{
    select_register(set, device, offset);
    assert_true(device_set_port_write(set, (uint16_t)(0xCFC + (offset & 3)), size, value));
}

uint64_t driver_read(struct driver *driver, uint64_t gpa, unsigned size)
{
    uint64_t value = 0;
    assert_true(device_set_mmio_read(driver->set, gpa, size, &value));
    return value;
}

void driver_write(struct driver *driver, uint64_t gpa, unsigned size, uint64_t value)
{
    assert_true(device_set_mmio_write(driver->set, gpa, size, value));
}

static uint64_t area(struct driver *driver, unsigned capability, unsigned bar_at, unsigned offset_at)
{
    unsigned bar = driver_config_read(driver->set, driver->device, capability + bar_at, 1) & 7;
    uint32_t base = driver_config_read(driver->set, driver->device, 0x10 + bar * 4, 4);
    uint32_t offset = driver_config_read(driver->set, driver->device, capability + offset_at, 4) & ~7u;
    assert_true(base >= PCI_HOST_MMIO_BASE && base < PCI_HOST_MMIO_BASE + PCI_HOST_MMIO_BYTES);
    return (uint64_t)base + offset;
}

static void take_capability(struct driver *driver, unsigned at)
{
    if (driver_config_read(driver->set, driver->device, at, 1) == CAPABILITY_MSIX) {
        driver->msix = area(driver, at, 4, 4);
        return;
    }
    assert_int_equal(driver_config_read(driver->set, driver->device, at, 1), CAPABILITY_VENDOR);
    switch (driver_config_read(driver->set, driver->device, at + 3, 1)) {
    case 1:
        driver->common = area(driver, at, 4, 8);
        break;
    case 2:
        driver->notify = area(driver, at, 4, 8);
        driver->notify_stride = driver_config_read(driver->set, driver->device, at + 16, 4);
        break;
    case 3:
        driver->isr = area(driver, at, 4, 8);
        break;
    case 4:
        driver->config = area(driver, at, 4, 8);
        break;
    case 5:
        driver->access = (uint8_t)at;
        break;
    default:
        fail_msg("unknown virtio capability at 0x%x", at);
    }
}

void driver_probe(struct driver *driver, struct guest *guest, struct device_set *set, unsigned device)
{
    memset(driver, 0, sizeof(*driver));
    driver->guest = guest;
    driver->set = set;
    driver->device = device;
    assert_int_equal(driver_config_read(set, device, PCI_VENDOR_ID, 2), 0x1AF4);
    driver_config_write(set, device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_BUS_MASTER);
    assert_int_equal(driver_config_read(set, device, PCI_STATUS, 2) & PCI_STATUS_CAPABILITIES,
                     PCI_STATUS_CAPABILITIES);
    unsigned at = driver_config_read(set, device, PCI_CAPABILITIES, 1);
    for (unsigned i = 0; at != 0; i++) {
        assert_in_range(at, 0x40, 0xFC);
        assert_true(i < 48);
        take_capability(driver, at);
        at = driver_config_read(set, device, at + 1, 1);
    }
    assert_true(driver->common && driver->notify && driver->isr && driver->msix);
}

static void add_status(struct driver *driver, uint8_t bits)
{
    driver_write(driver, driver->common + VIRTIO_COMMON_DEVICE_STATUS, 1, driver_status(driver) | bits);
}

uint8_t driver_status(struct driver *driver)
{
    return (uint8_t)driver_read(driver, driver->common + VIRTIO_COMMON_DEVICE_STATUS, 1);
}

bool driver_is_stopped(struct driver *driver)
{
    return (driver_status(driver) & VIRTIO_STATUS_DEVICE_NEEDS_RESET) != 0;
}

bool driver_negotiate(struct driver *driver, uint64_t features)
{
    driver_write(driver, driver->common + VIRTIO_COMMON_DEVICE_STATUS, 1, 0);
    assert_int_equal(driver_status(driver), 0);
    add_status(driver, VIRTIO_STATUS_ACKNOWLEDGE);
    add_status(driver, VIRTIO_STATUS_DRIVER);
    for (unsigned i = 0; i < 2; i++) {
        driver_write(driver, driver->common + VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4, i);
        driver_write(driver, driver->common + VIRTIO_COMMON_DRIVER_FEATURE, 4,
                     (uint32_t)(features >> (32 * i)));
    }
    add_status(driver, VIRTIO_STATUS_FEATURES_OK);
    return (driver_status(driver) & VIRTIO_STATUS_FEATURES_OK) != 0;
}

static unsigned msix_capability(struct driver *driver)
{
    unsigned at = driver_config_read(driver->set, driver->device, PCI_CAPABILITIES, 1);
    while (at != 0 && driver_config_read(driver->set, driver->device, at, 1) != CAPABILITY_MSIX) {
        at = driver_config_read(driver->set, driver->device, at + 1, 1);
    }
    assert_int_not_equal(at, 0);
    return at;
}

void driver_enable_msix(struct driver *driver)
{
    unsigned at = msix_capability(driver);
    unsigned vectors = (driver_config_read(driver->set, driver->device, at + 2, 2) & 0x7FF) + 1;
    driver_config_write(driver->set, driver->device, at + 2, 2, 0xC000);
    for (unsigned i = 0; i < vectors; i++) {
        driver_write(driver, driver->msix + i * 16, 4, DRIVER_MSI_ADDRESS);
        driver_write(driver, driver->msix + i * 16 + 4, 4, 0);
        driver_write(driver, driver->msix + i * 16 + 8, 4, DRIVER_MSI_DATA + i);
        driver_write(driver, driver->msix + i * 16 + 12, 4, 0);
    }
    driver_config_write(driver->set, driver->device, at + 2, 2, 0x8000);
    driver_write(driver, driver->common + VIRTIO_COMMON_CONFIG_VECTOR, 2, 0);
    assert_int_equal(driver_read(driver, driver->common + VIRTIO_COMMON_CONFIG_VECTOR, 2), 0);
}

uint64_t driver_table(unsigned queue)
{
    return DRIVER_RINGS + queue * DRIVER_QUEUE_BYTES;
}

uint64_t driver_available_ring(unsigned queue)
{
    return driver_table(queue) + FAKE_PAGE;
}

uint64_t driver_used_ring(unsigned queue)
{
    return driver_table(queue) + 2 * FAKE_PAGE;
}

static void write_address(struct driver *driver, unsigned offset, uint64_t address)
{
    driver_write(driver, driver->common + offset, 4, (uint32_t)address);
    driver_write(driver, driver->common + offset + 4, 4, (uint32_t)(address >> 32));
}

void driver_queue(struct driver *driver, unsigned queue, uint16_t size)
{
    driver_write(driver, driver->common + VIRTIO_COMMON_QUEUE_SELECT, 2, queue);
    assert_true(driver_read(driver, driver->common + VIRTIO_COMMON_QUEUE_SIZE, 2) >= size);
    assert_int_equal(driver_read(driver, driver->common + VIRTIO_COMMON_QUEUE_ENABLE, 2), 0);
    driver_write(driver, driver->common + VIRTIO_COMMON_QUEUE_SIZE, 2, size);
    write_address(driver, VIRTIO_COMMON_QUEUE_DESCRIPTORS, driver_table(queue));
    write_address(driver, VIRTIO_COMMON_QUEUE_AVAILABLE, driver_available_ring(queue));
    write_address(driver, VIRTIO_COMMON_QUEUE_USED, driver_used_ring(queue));
    driver_write(driver, driver->common + VIRTIO_COMMON_QUEUE_VECTOR, 2, queue + 1);
    driver_write(driver, driver->common + VIRTIO_COMMON_QUEUE_ENABLE, 2, 1);
    memset(fake_at(driver->guest, driver_table(queue)), 0, DRIVER_QUEUE_BYTES);
    driver->queue_size[queue] = size;
    driver->available[queue] = 0;
    driver->seen[queue] = 0;
}

void driver_start(struct driver *driver, struct guest *guest, struct device_set *set, unsigned device,
                  uint64_t features)
{
    driver_probe(driver, guest, set, device);
    assert_true(driver_negotiate(driver, features | DRIVER_FEATURES));
    driver_enable_msix(driver);
    unsigned queues = (unsigned)driver_read(driver, driver->common + VIRTIO_COMMON_NUM_QUEUES, 2);
    for (unsigned i = 0; i < queues; i++) {
        driver_write(driver, driver->common + VIRTIO_COMMON_QUEUE_SELECT, 2, i);
        driver_queue(driver, i, (uint16_t)driver_read(driver, driver->common + VIRTIO_COMMON_QUEUE_SIZE, 2));
    }
    add_status(driver, VIRTIO_STATUS_DRIVER_OK);
    assert_int_equal(driver_status(driver), 0xF);
}

void driver_descriptor(struct driver *driver, unsigned queue, uint16_t index, uint64_t address,
                       uint32_t bytes, uint16_t flags, uint16_t next)
{
    struct driver_descriptor descriptor = {address, bytes, flags, next};
    memcpy(fake_at(driver->guest, driver_table(queue) + index * sizeof(descriptor)), &descriptor,
           sizeof(descriptor));
}

void driver_offer(struct driver *driver, unsigned queue, uint16_t head)
{
    uint64_t ring = driver_available_ring(queue);
    uint16_t slot = driver->available[queue] % driver->queue_size[queue];
    memcpy(fake_at(driver->guest, ring + 4 + slot * 2ull), &head, sizeof(head));
    driver->available[queue]++;
    memcpy(fake_at(driver->guest, ring + 2), &driver->available[queue], sizeof(uint16_t));
}

void driver_kick(struct driver *driver, unsigned queue)
{
    driver_write(driver, driver->notify + queue * driver->notify_stride, 2, queue);
}

bool driver_used(struct driver *driver, unsigned queue, struct driver_used *used)
{
    uint64_t ring = driver_used_ring(queue);
    uint16_t index;
    memcpy(&index, fake_at(driver->guest, ring + 2), sizeof(index));
    if (index == driver->seen[queue]) {
        return false;
    }
    uint16_t slot = driver->seen[queue] % driver->queue_size[queue];
    memcpy(used, fake_at(driver->guest, ring + 4 + slot * sizeof(*used)), sizeof(*used));
    driver->seen[queue]++;
    return true;
}
