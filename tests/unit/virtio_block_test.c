/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/virtio_driver.h"

static struct guest guest;
static struct device_set set;
static struct driver driver;

enum {
    DEVICE = 3,
    QUEUE = 0,
    SECTORS = 64,
    IN = 0,
    OUT = 1,
    FLUSH = 4,
    GET_ID = 8,
    DISCARD = 11,
    WRITE_ZEROES = 13,
    OK = 0,
    IOERR = 1,
    UNSUPP = 2,
    UNTOUCHED = 0xEE,
};
static uint8_t *disk; /* on the heap, of its exact size, for the sanitizer to watch */

struct request {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};
#define HEADER DRIVER_BUFFERS
#define STATUS (DRIVER_BUFFERS + 16)
#define DATA   (DRIVER_BUFFERS + FAKE_PAGE)

static void start(bool read_only)
{
    struct virtio_block_image images[] = {{.bytes = disk,
                                           .size = SECTORS * 512 + 100,
                                           .read_only = read_only,
                                           .serial = "a-serial-of-20-bytes"}};
    fake_init(&guest);
    for (unsigned i = 0; i < SECTORS * 512 + 100; i++) {
        disk[i] = (uint8_t)(i / 512 + i);
    }
    driver_set(&set, &guest, images, 1);
    driver_start(&driver, &guest, &set, DEVICE, VIRTIO_F_INDIRECT_DESC);
}

static int setup(void **state)
{
    disk = malloc(SECTORS * 512 + 100);
    start(false);
    return 0;
}

static int teardown(void **state)
{
    free(disk);
    return 0;
}

static uint8_t *status_byte(void)
{
    return fake_at(&guest, STATUS);
}

static void put_header(uint32_t type, uint64_t sector)
{
    struct request request = {type, 0, sector};
    memcpy(fake_at(&guest, HEADER), &request, sizeof(request));
    *status_byte() = UNTOUCHED;
}

/* A request as Linux makes it: header, data (if any), status.  Returns the status byte. */
static uint8_t request(uint32_t type, uint64_t sector, uint64_t data, uint32_t bytes, uint32_t *written)
{
    struct driver_used used;
    put_header(type, sector);
    bool to_guest = type == IN || type == GET_ID;
    driver_descriptor(&driver, QUEUE, 0, HEADER, 16, DRIVER_NEXT, bytes ? 1 : 2);
    driver_descriptor(&driver, QUEUE, 1, data, bytes, DRIVER_NEXT | (to_guest ? DRIVER_WRITE : 0), 2);
    driver_descriptor(&driver, QUEUE, 2, STATUS, 1, DRIVER_WRITE, 0);
    driver_offer(&driver, QUEUE, 0);
    driver_kick(&driver, QUEUE);
    if (!driver_used(&driver, QUEUE, &used)) {
        return UNTOUCHED;
    }
    assert_int_equal(used.id, 0);
    *written = used.written;
    return *status_byte();
}

static void configuration_tells_the_size(void **state)
{
    assert_int_equal(driver_read(&driver, driver.config, 8), SECTORS);
    assert_int_equal(driver_read(&driver, driver.config + 8, 4), VIRTIO_BLOCK_SEGMENT_BYTES_MAX);
    assert_int_equal(driver_read(&driver, driver.config + 12, 4), VIRTIO_BLOCK_SEGMENTS_MAX);
    assert_int_equal(set.blocks[0].transport.offered & (1 << 5), 0);
    start(true);
    assert_int_equal(set.blocks[0].transport.offered & (1 << 5), 1 << 5);
}

static void sectors_are_read(void **state)
{
    uint32_t written;
    assert_int_equal(request(IN, 5, DATA, 3 * 512, &written), OK);
    assert_int_equal(written, 3 * 512 + 1);
    assert_memory_equal(fake_at(&guest, DATA), disk + 5 * 512, 3 * 512);
    assert_int_equal(guest.message_count, 1);
    assert_int_equal(request(IN, SECTORS - 1, DATA, 512, &written), OK);
    assert_int_equal(request(IN, 0, DATA, SECTORS * 512, &written), OK);
    assert_memory_equal(fake_at(&guest, DATA), disk, SECTORS * 512);
    assert_int_equal(request(IN, SECTORS, DATA, 0, &written), OK);
}

static void sectors_are_written(void **state)
{
    uint32_t written;
    memset(fake_at(&guest, DATA), 0x5A, 1024);
    uint8_t before = disk[7 * 512 - 1];
    uint8_t after = disk[9 * 512];
    assert_int_equal(request(OUT, 7, DATA, 1024, &written), OK);
    assert_int_equal(written, 1);
    for (unsigned i = 7 * 512; i < 9 * 512; i++) {
        assert_int_equal(disk[i], 0x5A);
    }
    assert_int_equal(disk[7 * 512 - 1], before);
    assert_int_equal(disk[9 * 512], after);
    assert_int_equal(request(FLUSH, 0, 0, 0, &written), OK);
    assert_int_equal(written, 1);
}

static void a_read_only_image_is(void **state)
{
    uint32_t written;
    start(true);
    uint8_t *copy = malloc(SECTORS * 512);
    memcpy(copy, disk, SECTORS * 512);
    memset(fake_at(&guest, DATA), 0x5A, 1024);
    assert_int_equal(request(OUT, 7, DATA, 1024, &written), IOERR);
    assert_memory_equal(disk, copy, SECTORS * 512);
    assert_int_equal(request(IN, 7, DATA, 1024, &written), OK);
    free(copy);
}

static void bounds_are_checked(void **state)
{
    static const struct {
        uint64_t sector;
        uint32_t bytes;
    } bad[] = {
        {SECTORS, 512},
        {SECTORS - 1, 1024},
        {0, (SECTORS + 1) * 512},
        {UINT64_MAX, 512},
        {UINT64_MAX, 1024},
        {UINT64_MAX / 512, 512},
        {UINT64_MAX / 512 + 1, 512},
        {1ull << 55, 512},
        {0, 511},
        {0, 1},
        {SECTORS + 1, 0},
        {0, 0xFFFFFE00u},
        {0, 0x80000000u},
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint32_t written = 99;
        assert_int_equal(request(IN, bad[i].sector, DATA, bad[i].bytes, &written), IOERR);
        assert_int_equal(written, bad[i].bytes == 0 ? 1 : 0);
        assert_int_equal(request(OUT, bad[i].sector, DATA, bad[i].bytes, &written), IOERR);
    }
    assert_false(driver_is_stopped(&driver));
    for (unsigned i = 0; i < SECTORS * 512 + 100; i++) {
        assert_int_equal(disk[i], (uint8_t)(i / 512 + i));
    }
}

static void data_that_is_not_shared_is_an_error(void **state)
{
    uint32_t written;
    assert_int_equal(request(IN, 0, 0, 512, &written), IOERR);
    assert_int_equal(request(OUT, 0, 0xFFFFFFFFFFFFF000ull, 512, &written), IOERR);
    assert_int_equal(request(IN, 0, FAKE_BASE + FAKE_BYTES - 256, 512, &written), IOERR);
    guest.private[(DATA - FAKE_BASE) / FAKE_PAGE] = true;
    assert_int_equal(request(IN, 0, DATA, 512, &written), IOERR);
    assert_int_equal(request(OUT, 0, DATA - 256, 512, &written), IOERR);
    assert_false(driver_is_stopped(&driver));
}

static void identity_is_given(void **state)
{
    uint32_t written;
    assert_int_equal(request(GET_ID, 0, DATA, 20, &written), OK);
    assert_int_equal(written, 21);
    assert_memory_equal(fake_at(&guest, DATA), "a-serial-of-20-bytes", 20);
    assert_int_equal(request(GET_ID, 0, DATA, 30, &written), OK);
    assert_int_equal(written, 20);
    assert_int_equal(request(GET_ID, 0, DATA, 19, &written), IOERR);
}

static void other_requests_are_unsupported(void **state)
{
    static const uint32_t types[] = {2,  3,          5,         6, 7, 9, 10, DISCARD, 12, WRITE_ZEROES,
                                     14, 0x80000000, 0xFFFFFFFF};
    uint32_t written;
    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_int_equal(request(types[i], 0, DATA, 512, &written), UNSUPP);
        assert_int_equal(written, 1);
    }
    assert_false(driver_is_stopped(&driver));
}

/* Header, data and status cut into odd pieces, through an indirect table. */
static void any_layout_is_accepted(void **state)
{
    uint64_t table = DATA + 16 * FAKE_PAGE;
    struct driver_descriptor pieces[] = {
        {HEADER, 1, DRIVER_NEXT, 1},
        {HEADER + 1, 15, DRIVER_NEXT, 2},
        {DATA, 100, DRIVER_NEXT | DRIVER_WRITE, 3},
        {DATA + 200, 412, DRIVER_NEXT | DRIVER_WRITE, 4},
        {DATA + 700, 3, DRIVER_WRITE, 0}, /* the status is not alone */
    };
    struct driver_used used;
    put_header(IN, 9);
    pieces[3].bytes = 410;
    memcpy(fake_at(&guest, table), pieces, sizeof(pieces));
    driver_descriptor(&driver, QUEUE, 17, table, sizeof(pieces), DRIVER_INDIRECT, 0);
    driver_offer(&driver, QUEUE, 17);
    driver_kick(&driver, QUEUE);
    assert_true(driver_used(&driver, QUEUE, &used));
    assert_int_equal(used.id, 17);
    assert_int_equal(used.written, 513);
    assert_memory_equal(fake_at(&guest, DATA), disk + 9 * 512, 100);
    assert_memory_equal(fake_at(&guest, DATA + 200), disk + 9 * 512 + 100, 410);
    assert_memory_equal(fake_at(&guest, DATA + 700), disk + 9 * 512 + 510, 2);
    assert_int_equal(*(uint8_t *)fake_at(&guest, DATA + 702), OK);
}

static void stops_on(uint16_t head)
{
    struct driver_used used;
    driver_offer(&driver, QUEUE, head);
    driver_kick(&driver, QUEUE);
    assert_true(driver_is_stopped(&driver));
    assert_false(driver_used(&driver, QUEUE, &used));
    driver_start(&driver, &guest, &set, DEVICE, VIRTIO_F_INDIRECT_DESC);
}

static void requests_without_form_stop_the_device(void **state)
{
    put_header(IN, 0);
    /* Header short; header not readable; no status; status not memory. */
    driver_descriptor(&driver, QUEUE, 0, HEADER, 15, DRIVER_NEXT, 1);
    driver_descriptor(&driver, QUEUE, 1, STATUS, 1, DRIVER_WRITE, 0);
    stops_on(0);
    driver_descriptor(&driver, QUEUE, 0, HEADER, 16, DRIVER_NEXT | DRIVER_WRITE, 1);
    driver_descriptor(&driver, QUEUE, 1, STATUS, 1, DRIVER_WRITE, 0);
    stops_on(0);
    driver_descriptor(&driver, QUEUE, 0, HEADER, 16, 0, 0);
    stops_on(0);
    driver_descriptor(&driver, QUEUE, 0, HEADER, 16, DRIVER_NEXT, 1);
    driver_descriptor(&driver, QUEUE, 1, STATUS, 0, DRIVER_WRITE, 0);
    stops_on(0);
    driver_descriptor(&driver, QUEUE, 0, HEADER, 16, DRIVER_NEXT, 1);
    driver_descriptor(&driver, QUEUE, 1, 0, 1, DRIVER_WRITE, 0);
    stops_on(0);
    driver_descriptor(&driver, QUEUE, 0, 8, 16, DRIVER_NEXT, 1);
    driver_descriptor(&driver, QUEUE, 1, STATUS, 1, DRIVER_WRITE, 0);
    stops_on(0);
    stops_on(128);
    assert_int_equal(*status_byte(), UNTOUCHED);
}

static void the_header_is_read_once(void **state)
{
    uint32_t written;
    guest.scribble_bytes = DATA - FAKE_BASE; /* header and rings change after each read */
    guest.scribble = true;
    assert_int_equal(request(IN, 3, DATA, 512, &written), OK);
    assert_memory_equal(fake_at(&guest, DATA), disk + 3 * 512, 512);
}

static void a_flood_is_served_in_bounded_pieces(void **state)
{
    struct driver_used used;
    unsigned count = 0;
    put_header(IN, 0);
    driver_descriptor(&driver, QUEUE, 0, HEADER, 16, DRIVER_NEXT, 1);
    driver_descriptor(&driver, QUEUE, 1, DATA, SECTORS * 512, DRIVER_NEXT | DRIVER_WRITE, 2);
    driver_descriptor(&driver, QUEUE, 2, STATUS, 1, DRIVER_WRITE, 0);
    for (unsigned i = 0; i < VIRTIO_BLOCK_QUEUE_SIZE; i++) {
        driver_offer(&driver, QUEUE, 0);
    }
    driver_kick(&driver, QUEUE);
    while (driver_used(&driver, QUEUE, &used)) {
        count++;
    }
    assert_int_equal(count, VIRTIO_BLOCK_BATCH_BYTES / (SECTORS * 512));
    assert_int_equal(guest.message_count, 1);
    unsigned turns = 1;
    while (device_set_poll(&set)) {
        turns++;
    }
    while (driver_used(&driver, QUEUE, &used)) {
        count++;
    }
    assert_int_equal(count, VIRTIO_BLOCK_QUEUE_SIZE);
    assert_in_range(turns, 3, 5);
    assert_in_range(guest.message_count, 4, 5);
    /* A full queue of little ones: another CPU may have offered more meanwhile. */
    put_header(FLUSH, 0);
    driver_descriptor(&driver, QUEUE, 0, HEADER, 16, DRIVER_NEXT, 2);
    for (unsigned i = 0; i < VIRTIO_BLOCK_QUEUE_SIZE; i++) {
        driver_offer(&driver, QUEUE, 0);
    }
    driver_kick(&driver, QUEUE);
    for (unsigned i = 0; i < VIRTIO_BLOCK_QUEUE_SIZE; i++) {
        assert_true(driver_used(&driver, QUEUE, &used));
    }
    assert_true(set.blocks[0].transport.work_left);
}

static void several_disks_are_apart(void **state)
{
    static uint8_t other[1024];
    struct virtio_block_image images[] = {{.bytes = disk, .size = 512}, {.bytes = other, .size = 1024}};
    uint32_t written;
    driver_set(&set, &guest, images, 2);
    driver_start(&driver, &guest, &set, DEVICE + 1, 0);
    assert_int_equal(driver_read(&driver, driver.config, 8), 2);
    memset(fake_at(&guest, DATA), 0x77, 512);
    assert_int_equal(request(OUT, 1, DATA, 512, &written), OK);
    assert_int_equal(other[512], 0x77);
    assert_int_equal(other[511], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(configuration_tells_the_size, setup, teardown),
        cmocka_unit_test_setup_teardown(sectors_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(sectors_are_written, setup, teardown),
        cmocka_unit_test_setup_teardown(a_read_only_image_is, setup, teardown),
        cmocka_unit_test_setup_teardown(bounds_are_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(data_that_is_not_shared_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(identity_is_given, setup, teardown),
        cmocka_unit_test_setup_teardown(other_requests_are_unsupported, setup, teardown),
        cmocka_unit_test_setup_teardown(any_layout_is_accepted, setup, teardown),
        cmocka_unit_test_setup_teardown(requests_without_form_stop_the_device, setup, teardown),
        cmocka_unit_test_setup_teardown(the_header_is_read_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_flood_is_served_in_bounded_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(several_disks_are_apart, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
