/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "devices/virtio_common.h"
#include "tests/unit/virtio_driver.h"

static struct guest guest;
static struct device_set set;
static struct driver driver;
static uint8_t disk[4096];

enum {
    CONSOLE = 1,
    ENTROPY = 2,
    BLOCK = 3,
};

static int setup(void **state)
{
    struct virtio_block_image images[] = {{.bytes = disk, .size = sizeof(disk)}};
    fake_init(&guest);
    driver_set(&set, &guest, images, 1);
    return 0;
}

static uint64_t common(unsigned offset, unsigned size)
{
    return driver_read(&driver, driver.common + offset, size);
}

static void set_common(unsigned offset, unsigned size, uint64_t value)
{
    driver_write(&driver, driver.common + offset, size, value);
}

static uint64_t offered(void)
{
    uint64_t features = 0;
    for (unsigned i = 0; i < 2; i++) {
        set_common(VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 4, i);
        features |= common(VIRTIO_COMMON_DEVICE_FEATURE, 4) << (32 * i);
    }
    return features;
}

/* Like the values that the reference saw work with the stock kernel. */
static void console_looks_as_in_the_reference(void **state)
{
    driver_probe(&driver, &guest, &set, CONSOLE);
    uint64_t bar0 = driver_config_read(&set, CONSOLE, 0x10, 4);
    uint64_t bar1 = driver_config_read(&set, CONSOLE, 0x14, 4);
    assert_int_equal(driver.common, bar0);
    assert_int_equal(driver.isr, bar0 + 0x1000);
    assert_int_equal(driver.config, bar0 + 0x2000);
    assert_int_equal(driver.notify, bar0 + 0x3000);
    assert_int_equal(driver.notify_stride, 4);
    assert_int_equal(driver.msix, bar1);
    assert_true(offered() == 0x300000000ull);
    assert_int_equal(common(VIRTIO_COMMON_NUM_QUEUES, 2), 2);
    set_common(VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 4, 2);
    assert_int_equal(common(VIRTIO_COMMON_DEVICE_FEATURE, 4), 0);
    set_common(VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 4, UINT32_MAX);
    assert_int_equal(common(VIRTIO_COMMON_DEVICE_FEATURE, 4), 0);
}

static void every_device_starts(void **state)
{
    for (unsigned device = CONSOLE; device <= BLOCK; device++) {
        driver_start(&driver, &guest, &set, device, 0);
        driver_start(&driver, &guest, &set, device, 0); /* and again, after a reset */
    }
}

static void features_are_refused_as_a_whole(void **state)
{
    driver_probe(&driver, &guest, &set, BLOCK);
    assert_false(driver_negotiate(&driver, 0));
    assert_false(driver_negotiate(&driver, VIRTIO_F_VERSION_1));
    assert_false(driver_negotiate(&driver, VIRTIO_F_ACCESS_PLATFORM));
    assert_false(driver_negotiate(&driver, DRIVER_FEATURES | 1ull << 29)); /* event index: not offered */
    assert_false(driver_negotiate(&driver, DRIVER_FEATURES | 1ull << 63));
    assert_false(driver_negotiate(&driver, UINT64_MAX));
    assert_true(driver_negotiate(&driver, DRIVER_FEATURES));
    assert_true(driver_negotiate(&driver, offered()));
}

static void features_close_with_features_ok(void **state)
{
    driver_probe(&driver, &guest, &set, BLOCK);
    assert_true(driver_negotiate(&driver, DRIVER_FEATURES));
    set_common(VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4, 0);
    set_common(VIRTIO_COMMON_DRIVER_FEATURE, 4, (uint32_t)VIRTIO_F_INDIRECT_DESC);
    assert_int_equal(common(VIRTIO_COMMON_DRIVER_FEATURE, 4), 0);
    set_common(VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4, 7);
    set_common(VIRTIO_COMMON_DRIVER_FEATURE, 4, 1);
    assert_true(set.blocks[0].transport.accepted == DRIVER_FEATURES);
}

static void feature_words_beyond_the_second_do_not_exist(void **state)
{
    driver_probe(&driver, &guest, &set, BLOCK);
    for (uint32_t select = 2; select != 0; select = select < 64 ? select + 1 : select * 2) {
        set_common(VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4, select);
        set_common(VIRTIO_COMMON_DRIVER_FEATURE, 4, UINT32_MAX);
        assert_int_equal(common(VIRTIO_COMMON_DRIVER_FEATURE, 4), 0);
    }
    assert_int_equal(set.blocks[0].transport.accepted, 0);
}

static void status_only_grows_until_reset(void **state)
{
    driver_probe(&driver, &guest, &set, CONSOLE);
    /* DRIVER_OK without features agreed does not count, nor do bits that are the device's. */
    set_common(VIRTIO_COMMON_DEVICE_STATUS, 1, 0x4 | 0x40 | 0x30);
    assert_int_equal(driver_status(&driver), 0);
    assert_true(driver_negotiate(&driver, DRIVER_FEATURES));
    set_common(VIRTIO_COMMON_DEVICE_STATUS, 1, 1);
    assert_int_equal(driver_status(&driver), 0xB);
    set_common(VIRTIO_COMMON_DEVICE_STATUS, 1, 0x80);
    assert_int_equal(driver_status(&driver), 0x8B);
    set_common(VIRTIO_COMMON_DEVICE_STATUS, 1, 0);
    assert_int_equal(driver_status(&driver), 0);
}

static void reset_undoes_everything(void **state)
{
    driver_start(&driver, &guest, &set, CONSOLE, 0);
    set_common(VIRTIO_COMMON_DEVICE_STATUS, 1, 0);
    for (unsigned i = 0; i < 2; i++) {
        set_common(VIRTIO_COMMON_QUEUE_SELECT, 2, i);
        assert_int_equal(common(VIRTIO_COMMON_QUEUE_ENABLE, 2), 0);
        assert_int_equal(common(VIRTIO_COMMON_QUEUE_SIZE, 2), VIRTIO_CONSOLE_QUEUE_SIZE);
        assert_int_equal(common(VIRTIO_COMMON_QUEUE_VECTOR, 2), 0xFFFF);
        for (unsigned offset = 0x20; offset < 0x38; offset += 4) {
            assert_int_equal(common(offset, 4), 0);
        }
    }
    assert_int_equal(common(VIRTIO_COMMON_CONFIG_VECTOR, 2), 0xFFFF);
    uint64_t reads = guest.reads;
    driver_kick(&driver, 1);
    assert_int_equal(guest.reads, reads);
}

static void queue_registers_read_back_and_freeze(void **state)
{
    driver_probe(&driver, &guest, &set, CONSOLE);
    assert_true(driver_negotiate(&driver, DRIVER_FEATURES));
    driver_queue(&driver, 1, 4);
    assert_int_equal(common(VIRTIO_COMMON_QUEUE_SIZE, 2), 4);
    assert_int_equal(common(VIRTIO_COMMON_QUEUE_NOTIFY_OFF, 2), 1);
    assert_true(common(VIRTIO_COMMON_QUEUE_DESCRIPTORS, 8) == driver_table(1));
    assert_true(common(VIRTIO_COMMON_QUEUE_USED, 8) == driver_used_ring(1));
    assert_int_equal(common(VIRTIO_COMMON_QUEUE_ENABLE, 2), 1);
    /* Enabled: nothing but the vector can change. */
    set_common(VIRTIO_COMMON_QUEUE_SIZE, 2, 2);
    set_common(VIRTIO_COMMON_QUEUE_ENABLE, 2, 0);
    set_common(VIRTIO_COMMON_QUEUE_USED, 4, 0);
    assert_int_equal(common(VIRTIO_COMMON_QUEUE_SIZE, 2), 4);
    assert_int_equal(common(VIRTIO_COMMON_QUEUE_ENABLE, 2), 1);
    assert_true(common(VIRTIO_COMMON_QUEUE_USED, 8) == driver_used_ring(1));
    set_common(VIRTIO_COMMON_QUEUE_VECTOR, 2, 3); /* there are three: 0 to 2 */
    assert_int_equal(common(VIRTIO_COMMON_QUEUE_VECTOR, 2), 0xFFFF);
    /* 64-bit writes are two halves. */
    set_common(VIRTIO_COMMON_QUEUE_SELECT, 2, 0);
    set_common(VIRTIO_COMMON_QUEUE_AVAILABLE, 8, 0x123456789ABCDEF0ull);
    assert_true(common(VIRTIO_COMMON_QUEUE_AVAILABLE, 8) == 0x123456789ABCDEF0ull);
}

static void queues_that_do_not_exist_do_nothing(void **state)
{
    static const unsigned selects[] = {2, 3, 4, 5, 0x7FFF, 0xFFFF};
    driver_probe(&driver, &guest, &set, CONSOLE);
    assert_true(driver_negotiate(&driver, DRIVER_FEATURES));
    for (unsigned i = 0; i < sizeof(selects) / sizeof(selects[0]); i++) {
        set_common(VIRTIO_COMMON_QUEUE_SELECT, 2, selects[i]);
        assert_int_equal(common(VIRTIO_COMMON_QUEUE_SIZE, 2), 0);
        set_common(VIRTIO_COMMON_QUEUE_SIZE, 2, 8);
        set_common(VIRTIO_COMMON_QUEUE_VECTOR, 2, 0);
        set_common(VIRTIO_COMMON_QUEUE_DESCRIPTORS, 8, FAKE_BASE);
        set_common(VIRTIO_COMMON_QUEUE_ENABLE, 2, 1);
        assert_int_equal(common(VIRTIO_COMMON_QUEUE_ENABLE, 2), 0);
    }
    for (unsigned offset = 0x3008; offset < 0x4000; offset += 4) {
        driver_write(&driver, driver.common + offset, 2, 0);
    }
    assert_false(driver_is_stopped(&driver));
}

static void enable_with(uint64_t size, uint64_t descriptors, uint64_t available, uint64_t used, bool good)
{
    assert_true(driver_negotiate(&driver, DRIVER_FEATURES));
    set_common(VIRTIO_COMMON_QUEUE_SELECT, 2, 0);
    set_common(VIRTIO_COMMON_QUEUE_SIZE, 2, size);
    set_common(VIRTIO_COMMON_QUEUE_DESCRIPTORS, 8, descriptors);
    set_common(VIRTIO_COMMON_QUEUE_AVAILABLE, 8, available);
    set_common(VIRTIO_COMMON_QUEUE_USED, 8, used);
    set_common(VIRTIO_COMMON_QUEUE_ENABLE, 2, 1);
    assert_int_equal(common(VIRTIO_COMMON_QUEUE_ENABLE, 2), good);
    assert_int_equal(driver_is_stopped(&driver), !good);
}

static void bad_queue_setup_stops_the_device(void **state)
{
    const uint64_t at = FAKE_BASE;
    driver_probe(&driver, &guest, &set, BLOCK);
    enable_with(128, at, at, at, true);
    enable_with(1, at, at, at, true);
    enable_with(0, at, at, at, false);
    enable_with(3, at, at, at, false);
    enable_with(127, at, at, at, false);
    enable_with(256, at, at, at, false);
    enable_with(0x8000, at, at, at, false);
    enable_with(0xFFFF, at, at, at, false);
    enable_with(8, at + 8, at, at, false);
    enable_with(8, at, at + 1, at, false);
    enable_with(8, at, at, at + 2, false);
    /* To the last byte is good, over it is not. */
    enable_with(8, UINT64_MAX - 127, UINT64_MAX - 23, UINT64_MAX - 71, true);
    enable_with(8, UINT64_MAX - 111, at, at, false);
    enable_with(8, at, UINT64_MAX - 19, at, false);
    enable_with(8, at, at, UINT64_MAX - 67, false);
    /* Without features agreed nothing is enabled. */
    set_common(VIRTIO_COMMON_DEVICE_STATUS, 1, 0);
    set_common(VIRTIO_COMMON_QUEUE_DESCRIPTORS, 8, at);
    set_common(VIRTIO_COMMON_QUEUE_ENABLE, 2, 1);
    assert_int_equal(common(VIRTIO_COMMON_QUEUE_ENABLE, 2), 0);
}

/* Every offset and width in both BARs answers or gives all ones; writes of a wrong width change nothing. */
static void odd_accesses_are_harmless(void **state)
{
    static const unsigned sizes[] = {0, 1, 2, 3, 4, 5, 7, 8, 16, 255};
    driver_start(&driver, &guest, &set, BLOCK, 0);
    uint64_t bar0 = driver.common;
    for (uint64_t offset = 0; offset < 0x5000; offset += offset % 0x1000 < 0x48 ? 1 : 0x15) {
        for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            driver_read(&driver, bar0 + offset, sizes[i]);
        }
    }
    assert_int_equal(common(VIRTIO_COMMON_DEVICE_STATUS, 2), 0xFFFF);
    assert_int_equal(common(VIRTIO_COMMON_DEVICE_STATUS, 4), 0xFFFFFFFF);
    assert_int_equal(common(VIRTIO_COMMON_NUM_QUEUES, 1), 0xFF);
    assert_int_equal(common(VIRTIO_COMMON_NUM_QUEUES, 4), 0xFFFFFFFF);
    assert_int_equal(common(VIRTIO_COMMON_QUEUE_USED + 1, 4), 0xFFFFFFFF);
    assert_int_equal(common(VIRTIO_COMMON_BYTES, 2), 0xFFFF);
    set_common(VIRTIO_COMMON_DEVICE_STATUS, 4, 0);
    set_common(VIRTIO_COMMON_DEVICE_STATUS, 2, 0);
    set_common(VIRTIO_COMMON_CONFIG_VECTOR, 4, 0);
    assert_int_equal(driver_status(&driver), 0xF);
    /* The configuration of the device is bytes: any width, zeros after its end, and read-only. */
    assert_int_equal(driver_read(&driver, driver.config, 8), sizeof(disk) / 512);
    driver_write(&driver, driver.config, 8, UINT64_MAX);
    assert_int_equal(driver_read(&driver, driver.config, 8), sizeof(disk) / 512);
    assert_int_equal(driver_read(&driver, driver.config + 15, 8), 0);
    assert_int_equal(driver_read(&driver, driver.config + 0xFF9, 4), 0);
}

static void offer_output(const char *text)
{
    strcpy(fake_at(&guest, DRIVER_BUFFERS), text);
    driver_descriptor(&driver, 1, 0, DRIVER_BUFFERS, (uint32_t)strlen(text), 0, 0);
    driver_offer(&driver, 1, 0);
}

static void msix_masks_and_pends(void **state)
{
    driver_start(&driver, &guest, &set, CONSOLE, 0);
    offer_output("a");
    driver_kick(&driver, 1);
    assert_int_equal(guest.message_count, 1);
    assert_true(guest.messages[0].address == DRIVER_MSI_ADDRESS);
    assert_int_equal(guest.messages[0].data, DRIVER_MSI_DATA + 2);
    assert_int_equal(driver_read(&driver, driver.isr, 1), 0);

    /* Vector masked: pends, and comes when unmasked; writing the mask again sends nothing. */
    driver_write(&driver, driver.msix + 2 * 16 + 12, 4, 0xFFFFFFFF);
    assert_int_equal(driver_read(&driver, driver.msix + 2 * 16 + 12, 4), 1);
    offer_output("b");
    driver_kick(&driver, 1);
    assert_int_equal(guest.message_count, 1);
    assert_int_equal(driver_read(&driver, driver.msix + 0x800, 8), 1 << 2);
    driver_write(&driver, driver.msix + 0x800, 4, 0);
    assert_int_equal(driver_read(&driver, driver.msix + 0x800, 4), 1 << 2);
    driver_write(&driver, driver.msix + 2 * 16 + 12, 4, 0);
    assert_int_equal(guest.message_count, 2);
    assert_int_equal(driver_read(&driver, driver.msix + 0x800, 4), 0);
    driver_write(&driver, driver.msix + 2 * 16 + 12, 4, 0);
    assert_int_equal(guest.message_count, 2);

    /* Function masked. */
    unsigned at = set.console.transport.msix_capability;
    driver_config_write(&set, CONSOLE, at + 2, 2, 0xC000);
    offer_output("c");
    driver_kick(&driver, 1);
    assert_int_equal(guest.message_count, 2);
    driver_config_write(&set, CONSOLE, at + 2, 2, 0x8000);
    assert_int_equal(guest.message_count, 3);
    assert_int_equal(driver_config_read(&set, CONSOLE, at + 2, 2), 0x8002);

    /* Off: the ISR register tells, once. */
    driver_config_write(&set, CONSOLE, at + 2, 2, 0);
    offer_output("d");
    driver_kick(&driver, 1);
    assert_int_equal(guest.message_count, 3);
    assert_int_equal(driver_read(&driver, driver.isr, 1), 1);
    assert_int_equal(driver_read(&driver, driver.isr, 1), 0);
    assert_memory_equal(guest.output, "abcd", 4);
}

static void doorbells_and_isr_are_where_they_are(void **state)
{
    driver_start(&driver, &guest, &set, CONSOLE, 0);
    driver_config_write(&set, CONSOLE, set.console.transport.msix_capability + 2u, 2, 0);
    offer_output("e");
    static const unsigned elsewhere[] = {0x1000, 0x1004, 0x2000, 0x2004, 0x3001,
                                         0x3002, 0x3003, 0x3005, 0x3006, 0x3008};
    for (unsigned i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        driver_write(&driver, driver.common + elsewhere[i], 1, 1);
        driver_write(&driver, driver.common + elsewhere[i], 2, 1);
    }
    assert_int_equal(guest.output_count, 0);
    driver_kick(&driver, 1);
    assert_int_equal(guest.output_count, 1);
    /* Only a byte read of the register itself clears it. */
    assert_int_equal(driver_read(&driver, driver.isr, 4), 0xFFFFFFFF);
    assert_int_equal(driver_read(&driver, driver.isr, 2), 0xFFFF);
    assert_int_equal(driver_read(&driver, driver.isr + 1, 1), 0xFF);
    assert_int_equal(driver_read(&driver, driver.isr + 0x10, 1), 0xFF);
    assert_int_equal(driver_read(&driver, driver.notify, 1), 0xFF);
    assert_int_equal(driver_read(&driver, driver.isr, 1), 1);
}

static void queues_without_a_vector_are_silent(void **state)
{
    driver_start(&driver, &guest, &set, CONSOLE, 0);
    set_common(VIRTIO_COMMON_QUEUE_SELECT, 2, 1);
    set_common(VIRTIO_COMMON_QUEUE_VECTOR, 2, 0xFFFF);
    offer_output("f");
    driver_kick(&driver, 1);
    assert_int_equal(guest.output_count, 1);
    assert_int_equal(guest.message_count, 0);
    assert_int_equal(driver_read(&driver, driver.msix + 0x800, 4), 0);
}

static void an_idle_set_costs_nothing(void **state)
{
    driver_start(&driver, &guest, &set, CONSOLE, 0);
    offer_output("g");
    driver_kick(&driver, 1);
    device_set_poll(&set);
    uint64_t accesses = guest.reads + guest.writes;
    assert_false(device_set_poll(&set));
    assert_int_equal(guest.reads + guest.writes, accesses);
}

static void msix_table_knows_its_size(void **state)
{
    driver_start(&driver, &guest, &set, CONSOLE, 0);
    for (unsigned offset = 0; offset < 0x1000; offset += 4) {
        driver_write(&driver, driver.msix + offset, 4, 0xFFFFFFFF);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(driver_read(&driver, driver.msix + i * 16, 4), 0xFFFFFFFC);
        assert_int_equal(driver_read(&driver, driver.msix + i * 16 + 4, 8), 0xFFFFFFFFFFFFFFFF);
        assert_int_equal(driver_read(&driver, driver.msix + i * 16 + 12, 4), 1);
    }
    for (unsigned offset = 3 * 16; offset < 0x1000; offset += 4) {
        assert_int_equal(driver_read(&driver, driver.msix + offset, 4), 0);
    }
    assert_int_equal(driver_read(&driver, driver.msix, 2), 0xFFFF);
    assert_int_equal(driver_read(&driver, driver.msix + 6, 4), 0xFFFFFFFF);
    assert_int_equal(driver_read(&driver, driver.msix + 14, 4), 0xFFFFFFFF);
    driver_write(&driver, driver.msix + 14, 4, 0);
    driver_write(&driver, driver.msix + 12, 8, 0);
    assert_int_equal(driver_read(&driver, driver.msix + 12, 4), 1);
    driver_write(&driver, driver.msix + 8, 2, 0);
    assert_int_equal(driver_read(&driver, driver.msix + 8, 4), 0xFFFFFFFF);
}

static void no_memory_and_no_messages_without_bus_master(void **state)
{
    driver_start(&driver, &guest, &set, CONSOLE, 0);
    offer_output("late");
    driver_config_write(&set, CONSOLE, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    uint64_t accesses = guest.reads + guest.writes;
    driver_kick(&driver, 1);
    assert_false(device_set_poll(&set));
    assert_int_equal(guest.reads + guest.writes, accesses);
    assert_int_equal(guest.message_count, 0);
    driver_config_write(&set, CONSOLE, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_BUS_MASTER);
    device_set_poll(&set);
    assert_memory_equal(guest.output, "late", 4);
    assert_int_equal(guest.message_count, 1);
}

static void chains_offered_before_driver_ok_wait_for_it(void **state)
{
    driver_probe(&driver, &guest, &set, CONSOLE);
    assert_true(driver_negotiate(&driver, DRIVER_FEATURES));
    driver_queue(&driver, 1, 8);
    offer_output("early");
    driver_kick(&driver, 1);
    assert_int_equal(guest.output_count, 0);
    set_common(VIRTIO_COMMON_DEVICE_STATUS, 1, 0xF);
    assert_int_equal(guest.output_count, 0);
    device_set_poll(&set);
    assert_int_equal(guest.output_count, 5);
}

static uint32_t through_window(unsigned bar, uint32_t offset, unsigned length, unsigned size)
{
    driver_config_write(&set, CONSOLE, driver.access + 4u, 1, bar);
    driver_config_write(&set, CONSOLE, driver.access + 8u, 4, offset);
    driver_config_write(&set, CONSOLE, driver.access + 12u, 4, length);
    return driver_config_read(&set, CONSOLE, driver.access + 16u, size);
}

static void the_configuration_window_reaches_the_bars(void **state)
{
    driver_start(&driver, &guest, &set, CONSOLE, 0);
    assert_int_equal(through_window(0, VIRTIO_COMMON_NUM_QUEUES, 2, 2), 2);
    assert_int_equal(through_window(0, VIRTIO_COMMON_DEVICE_STATUS, 1, 1), 0xF);
    assert_int_equal(through_window(1, 8, 4, 4), DRIVER_MSI_DATA);
    /* A kick through it. */
    offer_output("window");
    through_window(0, 0x3004, 2, 1); /* the widths differ: only sets it up */
    driver_config_write(&set, CONSOLE, driver.access + 16u, 2, 1);
    assert_memory_equal(guest.output, "window", 6);
    /* Nothing beyond: no such BAR, past its end, misaligned, odd lengths. */
    assert_int_equal(through_window(2, 0, 4, 4), 0);
    assert_int_equal(through_window(255, 0, 4, 4), 0);
    assert_int_equal(through_window(0, 0x4000, 4, 4), 0);
    assert_int_equal(through_window(0, 0xFFFFFFFC, 4, 4), 0);
    assert_int_equal(through_window(0, 1, 4, 4), 0);
    assert_int_equal(through_window(0, 0, 3, 4), 0);
    assert_int_equal(through_window(0, 0, 0xFFFFFFFF, 4), 0);
    assert_int_equal(through_window(0, VIRTIO_COMMON_DEVICE_STATUS, 1, 2), 0);
}

static void one_broken_device_leaves_the_others_alone(void **state)
{
    struct driver block;
    driver_start(&driver, &guest, &set, CONSOLE, 0);
    driver_descriptor(&driver, 1, 0, DRIVER_BUFFERS, 4, DRIVER_NEXT, 0); /* loops */
    driver_offer(&driver, 1, 0);
    driver_kick(&driver, 1);
    assert_true(driver_is_stopped(&driver));
    /* The driver was told, by the configuration interrupt. */
    assert_int_equal(guest.message_count, 1);
    assert_int_equal(guest.messages[0].data, DRIVER_MSI_DATA);
    /* No more is read for it, nor with bits written over. */
    uint64_t reads = guest.reads;
    set_common(VIRTIO_COMMON_DEVICE_STATUS, 1, 0xF);
    driver_kick(&driver, 0);
    driver_kick(&driver, 1);
    device_set_poll(&set);
    assert_int_equal(guest.reads, reads);
    assert_true(driver_is_stopped(&driver));
    driver_start(&block, &guest, &set, BLOCK, 0);
    assert_false(driver_is_stopped(&block));
    driver_start(&driver, &guest, &set, CONSOLE, 0);
    offer_output("again");
    driver_kick(&driver, 1);
    assert_memory_equal(guest.output, "again", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(console_looks_as_in_the_reference, setup),
        cmocka_unit_test_setup(every_device_starts, setup),
        cmocka_unit_test_setup(features_are_refused_as_a_whole, setup),
        cmocka_unit_test_setup(features_close_with_features_ok, setup),
        cmocka_unit_test_setup(feature_words_beyond_the_second_do_not_exist, setup),
        cmocka_unit_test_setup(doorbells_and_isr_are_where_they_are, setup),
        cmocka_unit_test_setup(queues_without_a_vector_are_silent, setup),
        cmocka_unit_test_setup(an_idle_set_costs_nothing, setup),
        cmocka_unit_test_setup(status_only_grows_until_reset, setup),
        cmocka_unit_test_setup(reset_undoes_everything, setup),
        cmocka_unit_test_setup(queue_registers_read_back_and_freeze, setup),
        cmocka_unit_test_setup(queues_that_do_not_exist_do_nothing, setup),
        cmocka_unit_test_setup(bad_queue_setup_stops_the_device, setup),
        cmocka_unit_test_setup(odd_accesses_are_harmless, setup),
        cmocka_unit_test_setup(msix_masks_and_pends, setup),
        cmocka_unit_test_setup(msix_table_knows_its_size, setup),
        cmocka_unit_test_setup(no_memory_and_no_messages_without_bus_master, setup),
        cmocka_unit_test_setup(chains_offered_before_driver_ok_wait_for_it, setup),
        cmocka_unit_test_setup(the_configuration_window_reaches_the_bars, setup),
        cmocka_unit_test_setup(one_broken_device_leaves_the_others_alone, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
