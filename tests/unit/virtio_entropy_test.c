/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/virtio_driver.h"

static struct guest guest;
static struct device_set set;
static struct driver driver;

enum {
    DEVICE = 2,
    QUEUE = 0,
};

static int setup(void **state)
{
    fake_init(&guest);
    driver_set(&set, &guest, NULL, 0);
    driver_start(&driver, &guest, &set, DEVICE, 0);
    return 0;
}

static void offer(uint32_t bytes, uint16_t flags)
{
    driver_descriptor(&driver, QUEUE, 0, DRIVER_BUFFERS, bytes, flags, 0);
    driver_offer(&driver, QUEUE, 0);
}

static void requests_get_random_bytes(void **state)
{
    struct driver_used used;
    offer(64, DRIVER_WRITE);
    driver_kick(&driver, QUEUE);
    assert_true(driver_used(&driver, QUEUE, &used));
    assert_int_equal(used.written, 64);
    const uint8_t *bytes = fake_at(&guest, DRIVER_BUFFERS);
    assert_int_equal(bytes[0], 0xA5);
    assert_int_equal(bytes[63], 0xA5);
    assert_int_equal(bytes[64], 0);
    assert_int_equal(guest.message_count, 1);
}

static void no_more_than_asked_or_allowed(void **state)
{
    struct driver_used used;
    offer(5, DRIVER_WRITE);
    driver_kick(&driver, QUEUE);
    assert_true(driver_used(&driver, QUEUE, &used));
    assert_int_equal(used.written, 5);
    assert_int_equal(*(uint8_t *)fake_at(&guest, DRIVER_BUFFERS + 5), 0);
    offer(UINT32_MAX, DRIVER_WRITE);
    driver_kick(&driver, QUEUE);
    assert_true(driver_used(&driver, QUEUE, &used));
    assert_int_equal(used.written, VIRTIO_ENTROPY_REQUEST_BYTES);
    offer(64, 0); /* readable only: no room */
    driver_kick(&driver, QUEUE);
    assert_true(driver_used(&driver, QUEUE, &used));
    assert_int_equal(used.written, 0);
    assert_false(driver_is_stopped(&driver));
    device_set_poll(&set);
    assert_false(set.entropy.transport.work_left);
    for (unsigned i = 0; i < VIRTIO_ENTROPY_QUEUE_SIZE; i++) {
        offer(1, DRIVER_WRITE);
    }
    driver_kick(&driver, QUEUE);
    assert_true(set.entropy.transport.work_left);
}

static void requests_wait_while_there_is_no_entropy(void **state)
{
    struct driver_used used;
    guest.entropy_left = 0;
    offer(64, DRIVER_WRITE);
    driver_kick(&driver, QUEUE);
    assert_false(driver_used(&driver, QUEUE, &used));
    assert_true(device_set_poll(&set));
    guest.entropy_left = 70;
    device_set_poll(&set);
    assert_true(driver_used(&driver, QUEUE, &used));
    assert_int_equal(used.written, 64);
}

static void bad_buffers_stop_it(void **state)
{
    guest.private[(DRIVER_BUFFERS - FAKE_BASE) / FAKE_PAGE] = true;
    offer(64, DRIVER_WRITE);
    driver_kick(&driver, QUEUE);
    assert_true(driver_is_stopped(&driver));
    assert_false(device_set_poll(&set));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(requests_get_random_bytes, setup),
        cmocka_unit_test_setup(no_more_than_asked_or_allowed, setup),
        cmocka_unit_test_setup(requests_wait_while_there_is_no_entropy, setup),
        cmocka_unit_test_setup(bad_buffers_stop_it, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
