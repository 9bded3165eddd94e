/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/virtio_driver.h"

static struct guest guest;
static struct device_set set;
static struct driver driver;

enum {
    DEVICE = 1,
    RX = 0,
    TX = 1,
};

static int setup(void **state)
{
    fake_init(&guest);
    driver_set(&set, &guest, NULL, 0);
    driver_start(&driver, &guest, &set, DEVICE, 0);
    return 0;
}

static uint64_t buffer(unsigned number)
{
    return DRIVER_BUFFERS + number * (uint64_t)FAKE_PAGE;
}

static void offer_input_buffer(uint16_t index, uint32_t bytes)
{
    driver_descriptor(&driver, RX, index, buffer(index), bytes, DRIVER_WRITE, 0);
    driver_offer(&driver, RX, index);
    driver_kick(&driver, RX);
}

static void output_reaches_the_host(void **state)
{
    struct driver_used used;
    strcpy(fake_at(&guest, buffer(0)), "hello ");
    strcpy(fake_at(&guest, buffer(1)), "world\n");
    driver_descriptor(&driver, TX, 3, buffer(0), 6, DRIVER_NEXT, 4);
    driver_descriptor(&driver, TX, 4, buffer(1), 6, 0, 0);
    driver_offer(&driver, TX, 3);
    driver_kick(&driver, TX);
    assert_int_equal(guest.output_count, 12);
    assert_memory_equal(guest.output, "hello world\n", 12);
    assert_true(driver_used(&driver, TX, &used));
    assert_int_equal(used.id, 3);
    assert_int_equal(used.written, 0);
    assert_false(driver_used(&driver, TX, &used));
    assert_int_equal(guest.message_count, 1);
    assert_int_equal(guest.messages[0].data, DRIVER_MSI_DATA + 2);
}

static void a_batch_makes_one_interrupt_and_none_where_not_wanted(void **state)
{
    struct driver_used used;
    for (uint16_t i = 0; i < 5; i++) {
        driver_descriptor(&driver, TX, i, buffer(0), 1, 0, 0);
        driver_offer(&driver, TX, i);
    }
    driver_kick(&driver, TX);
    assert_int_equal(guest.output_count, 5);
    assert_int_equal(guest.message_count, 1);
    *(uint16_t *)fake_at(&guest, driver_available_ring(TX)) = 1;
    driver_offer(&driver, TX, 0);
    driver_kick(&driver, TX);
    assert_int_equal(guest.output_count, 6);
    assert_int_equal(guest.message_count, 1);
    for (uint16_t i = 0; i < 6; i++) {
        assert_true(driver_used(&driver, TX, &used));
    }
    /* A kick with nothing there. */
    driver_kick(&driver, TX);
    assert_int_equal(guest.message_count, 1);
}

static void long_output_is_done_in_bounded_pieces(void **state)
{
    for (uint16_t i = 0; i < 6; i++) {
        driver_descriptor(&driver, TX, i, buffer(0), 3000, 0, 0);
        driver_offer(&driver, TX, i);
    }
    driver_kick(&driver, TX);
    assert_int_equal(guest.output_count, 6000);
    assert_true(device_set_poll(&set));
    assert_int_equal(guest.output_count, 12000);
    while (device_set_poll(&set)) {
    }
    assert_int_equal(guest.output_count, 18000);
    assert_false(driver_is_stopped(&driver));
    /* A full queue of little ones: another CPU may have offered more meanwhile. */
    for (uint16_t i = 0; i < VIRTIO_CONSOLE_QUEUE_SIZE; i++) {
        driver_descriptor(&driver, TX, i, buffer(0), 1, 0, 0);
        driver_offer(&driver, TX, i);
    }
    driver_kick(&driver, TX);
    assert_int_equal(guest.output_count, 18008);
    assert_true(set.console.transport.work_left);
}

static void bad_output_stops_the_console(void **state)
{
    /* Too long; not memory; half private. */
    driver_descriptor(&driver, TX, 0, buffer(0), VIRTIO_CONSOLE_OUTPUT_MAX + 1, 0, 0);
    driver_offer(&driver, TX, 0);
    driver_kick(&driver, TX);
    assert_true(driver_is_stopped(&driver));
    assert_int_equal(guest.output_count, 0);
    driver_start(&driver, &guest, &set, DEVICE, 0);
    driver_descriptor(&driver, TX, 0, 0, 10, 0, 0);
    driver_offer(&driver, TX, 0);
    driver_kick(&driver, TX);
    assert_true(driver_is_stopped(&driver));
    driver_start(&driver, &guest, &set, DEVICE, 0);
    guest.private[(buffer(1) - FAKE_BASE) / FAKE_PAGE] = true;
    driver_descriptor(&driver, TX, 0, buffer(1) - 4, 8, 0, 0);
    driver_offer(&driver, TX, 0);
    driver_kick(&driver, TX);
    assert_true(driver_is_stopped(&driver));
    assert_int_equal(guest.output_count, 0);
    /* Longest that is good. */
    driver_start(&driver, &guest, &set, DEVICE, 0);
    guest.private[(buffer(1) - FAKE_BASE) / FAKE_PAGE] = false;
    driver_descriptor(&driver, TX, 0, buffer(0), VIRTIO_CONSOLE_OUTPUT_MAX, 0, 0);
    driver_offer(&driver, TX, 0);
    driver_kick(&driver, TX);
    assert_false(driver_is_stopped(&driver));
    assert_int_equal(guest.output_count, VIRTIO_CONSOLE_OUTPUT_MAX);
}

static void input_waits_for_buffers(void **state)
{
    struct driver_used used;
    assert_int_equal(device_set_console_input(&set, (const uint8_t *)"ls -l\n", 6), 6);
    assert_int_equal(guest.message_count, 0);
    offer_input_buffer(2, 4);
    assert_true(driver_used(&driver, RX, &used));
    assert_int_equal(used.id, 2);
    assert_int_equal(used.written, 4);
    assert_memory_equal(fake_at(&guest, buffer(2)), "ls -", 4);
    assert_int_equal(guest.message_count, 1);
    assert_int_equal(guest.messages[0].data, DRIVER_MSI_DATA + 1);
    offer_input_buffer(3, 100);
    assert_true(driver_used(&driver, RX, &used));
    assert_int_equal(used.written, 2);
    /* And buffers wait for input. */
    offer_input_buffer(4, 100);
    assert_false(driver_used(&driver, RX, &used));
    assert_int_equal(device_set_console_input(&set, (const uint8_t *)"x", 1), 1);
    assert_true(driver_used(&driver, RX, &used));
    assert_int_equal(used.written, 1);
}

static void input_is_taken_until_full_and_survives_reset(void **state)
{
    static uint8_t typed[3000];
    struct driver_used used;
    for (unsigned i = 0; i < sizeof(typed); i++) {
        typed[i] = (uint8_t)(i % 251);
    }
    assert_int_equal(device_set_console_input(&set, typed, 700), 700);
    assert_int_equal(device_set_console_input(&set, typed + 700, 2300), VIRTIO_CONSOLE_INPUT_BYTES - 700);
    assert_int_equal(device_set_console_input(&set, typed, 1), 0);
    offer_input_buffer(0, 1000);
    assert_true(driver_used(&driver, RX, &used));
    assert_int_equal(used.written, 1000);
    assert_memory_equal(fake_at(&guest, buffer(0)), typed, 1000);
    /* Around the end of the ring. */
    assert_int_equal(device_set_console_input(&set, typed + 1024, 500), 500);
    driver_start(&driver, &guest, &set, DEVICE, 0);
    offer_input_buffer(1, 4096);
    assert_true(driver_used(&driver, RX, &used));
    assert_int_equal(used.written, 524);
    assert_memory_equal(fake_at(&guest, buffer(1)), typed + 1000, 524);
}

static void bad_input_buffers_stop_the_console_and_lose_nothing(void **state)
{
    struct driver_used used;
    guest.private[(buffer(0) - FAKE_BASE) / FAKE_PAGE] = true;
    device_set_console_input(&set, (const uint8_t *)"abc", 3);
    offer_input_buffer(0, 100);
    assert_true(driver_is_stopped(&driver));
    assert_false(driver_used(&driver, RX, &used));
    driver_start(&driver, &guest, &set, DEVICE, 0);
    offer_input_buffer(1, 100);
    assert_true(driver_used(&driver, RX, &used));
    assert_memory_equal(fake_at(&guest, buffer(1)), "abc", 3);
    /* Buffers with no room at all are given back, boundedly. */
    device_set_poll(&set);
    assert_false(set.console.transport.work_left);
    for (uint16_t i = 0; i < 8; i++) {
        driver_descriptor(&driver, RX, i, buffer(1), 100, 0, 0); /* readable */
        driver_offer(&driver, RX, i);
    }
    device_set_console_input(&set, (const uint8_t *)"def", 3);
    for (uint16_t i = 0; i < 8; i++) {
        assert_true(driver_used(&driver, RX, &used));
        assert_int_equal(used.written, 0);
    }
    assert_false(driver_is_stopped(&driver));
    assert_true(set.console.transport.work_left);
    offer_input_buffer(1, 2);
    offer_input_buffer(2, 2);
    assert_memory_equal(fake_at(&guest, buffer(1)), "de", 2);
    assert_memory_equal(fake_at(&guest, buffer(2)), "f", 1);
}

static void without_a_console_input_is_dropped(void **state)
{
    struct device_config config = {.pci_ways = PCI_HOST_ECAM};
    device_set_init(&set, &guest, &config);
    assert_int_equal(device_set_console_input(&set, (const uint8_t *)"abc", 3), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(output_reaches_the_host, setup),
        cmocka_unit_test_setup(a_batch_makes_one_interrupt_and_none_where_not_wanted, setup),
        cmocka_unit_test_setup(long_output_is_done_in_bounded_pieces, setup),
        cmocka_unit_test_setup(bad_output_stops_the_console, setup),
        cmocka_unit_test_setup(input_waits_for_buffers, setup),
        cmocka_unit_test_setup(input_is_taken_until_full_and_survives_reset, setup),
        cmocka_unit_test_setup(bad_input_buffers_stop_the_console_and_lose_nothing, setup),
        cmocka_unit_test_setup(without_a_console_input_is_dropped, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
