/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "devices/virtio_queue.h"
#include "tests/unit/virtio_driver.h"

/* The queue alone, its rings laid out by hand in a hostile guest's memory. */
static struct guest guest;
static struct virtio_queue queue;
static struct virtio_chain chain;

enum {
    SIZE = 8,
};
#define TABLE     FAKE_BASE
#define AVAILABLE (FAKE_BASE + 1 * FAKE_PAGE)
#define USED      (FAKE_BASE + 2 * FAKE_PAGE)
#define INDIRECT  (FAKE_BASE + 3 * FAKE_PAGE)
#define BUFFER    (FAKE_BASE + 8 * FAKE_PAGE)

static void put16(uint64_t gpa, uint16_t value)
{
    memcpy(fake_at(&guest, gpa), &value, sizeof(value));
}

static uint16_t get16(uint64_t gpa)
{
    uint16_t value;
    memcpy(&value, fake_at(&guest, gpa), sizeof(value));
    return value;
}

static void put_descriptor(uint64_t table, unsigned index, uint64_t address, uint32_t bytes, uint16_t flags,
                           uint16_t next)
{
    struct driver_descriptor descriptor = {address, bytes, flags, next};
    memcpy(fake_at(&guest, table + index * sizeof(descriptor)), &descriptor, sizeof(descriptor));
}

static void offer(uint16_t head)
{
    uint16_t index = get16(AVAILABLE + 2);
    put16(AVAILABLE + 4 + index % SIZE * 2ull, head);
    put16(AVAILABLE + 2, (uint16_t)(index + 1));
}

static void setup_size(uint16_t size)
{
    fake_init(&guest);
    memset(&queue, 0, sizeof(queue));
    queue.size_max = VIRTIO_QUEUE_SIZE_MAX;
    virtio_queue_reset(&queue);
    queue.size = size;
    queue.descriptors = TABLE;
    queue.available = AVAILABLE;
    queue.used = USED;
    assert_true(virtio_queue_enable(&queue));
}

static int setup(void **state)
{
    setup_size(SIZE);
    return 0;
}

static enum virtio_queue_answer pop(bool indirect)
{
    memset(&chain, 0xEE, sizeof(chain));
    return virtio_queue_pop(&queue, &guest, indirect, &chain);
}

static void expect_broken(bool indirect)
{
    uint16_t before = queue.next_available;
    assert_int_equal(pop(indirect), VIRTIO_QUEUE_BROKEN);
    assert_int_equal(queue.next_available, before);
}

static void an_empty_queue_is_empty(void **state)
{
    assert_int_equal(pop(true), VIRTIO_QUEUE_EMPTY);
    assert_int_equal(pop(true), VIRTIO_QUEUE_EMPTY);
}

static void a_chain_is_copied_in_order(void **state)
{
    put_descriptor(TABLE, 5, BUFFER, 16, DRIVER_NEXT, 2);
    put_descriptor(TABLE, 2, BUFFER + 100, 7, DRIVER_NEXT, 7);
    put_descriptor(TABLE, 7, BUFFER + 200, 512, DRIVER_NEXT | DRIVER_WRITE, 0);
    put_descriptor(TABLE, 0, BUFFER + 900, 1, DRIVER_WRITE, 3 /* no NEXT: ignored */);
    offer(5);
    assert_int_equal(pop(false), VIRTIO_QUEUE_CHAIN);
    assert_int_equal(chain.head, 5);
    assert_int_equal(chain.readable, 2);
    assert_int_equal(chain.writable, 2);
    assert_int_equal(chain.readable_bytes, 23);
    assert_int_equal(chain.writable_bytes, 513);
    assert_int_equal(chain.segments[1].gpa, BUFFER + 100);
    assert_int_equal(chain.segments[3].gpa, BUFFER + 900);
    assert_int_equal(pop(false), VIRTIO_QUEUE_EMPTY);
}

static void indices_wrap_many_times_around(void **state)
{
    queue.next_available = 0xFFF0;
    queue.next_used = 0xFFF0;
    put16(AVAILABLE + 2, 0xFFF0);
    for (uint32_t i = 0; i < 70000; i++) {
        put_descriptor(TABLE, i % SIZE, BUFFER + i, 1, 0, 0);
        offer(i % SIZE);
        assert_int_equal(pop(false), VIRTIO_QUEUE_CHAIN);
        assert_int_equal(chain.segments[0].gpa, BUFFER + i);
        assert_true(virtio_queue_push(&queue, &guest, chain.head, i));
        assert_int_equal(get16(USED + 2), (uint16_t)(0xFFF0 + i + 1));
    }
}

static void available_index_jumps_break_it(void **state)
{
    static const uint16_t jumps[] = {SIZE + 1, SIZE + 2, 0x100, 0x7FFF, 0x8000, 0xFFFF};
    for (unsigned i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        setup(NULL);
        put16(AVAILABLE + 2, jumps[i]);
        expect_broken(true);
    }
    setup(NULL);
    put16(AVAILABLE + 2, SIZE);
    for (unsigned i = 0; i < SIZE; i++) {
        assert_int_equal(pop(false), VIRTIO_QUEUE_CHAIN);
    }
    put16(AVAILABLE + 2, SIZE - 1); /* backwards */
    expect_broken(true);
}

static void heads_and_links_stay_in_the_table(void **state)
{
    static const uint16_t bad[] = {SIZE, SIZE + 1, 0x8000, 0xFFFF};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        setup(NULL);
        offer(bad[i]);
        expect_broken(true);
        setup(NULL);
        put_descriptor(TABLE, 0, BUFFER, 1, DRIVER_NEXT, bad[i]);
        offer(0);
        expect_broken(true);
    }
}

static void loops_are_cut(void **state)
{
    put_descriptor(TABLE, 0, BUFFER, 1, DRIVER_NEXT, 0);
    offer(0);
    expect_broken(true);
    setup(NULL);
    for (unsigned i = 0; i < SIZE; i++) {
        put_descriptor(TABLE, i, BUFFER, 0, DRIVER_NEXT, (uint16_t)((i + 1) % SIZE));
    }
    offer(3);
    uint64_t reads = guest.reads;
    expect_broken(true);
    assert_true(guest.reads - reads <= SIZE + 3);
    /* One less is the longest chain. */
    put_descriptor(TABLE, 2, BUFFER, 0, 0, 0);
    assert_int_equal(pop(true), VIRTIO_QUEUE_CHAIN);
    assert_int_equal(chain.readable, SIZE);
}

static void writable_then_readable_breaks_it(void **state)
{
    put_descriptor(TABLE, 0, BUFFER, 1, DRIVER_NEXT | DRIVER_WRITE, 1);
    put_descriptor(TABLE, 1, BUFFER, 1, 0, 0);
    offer(0);
    expect_broken(false);
}

static void lengths_do_not_overflow(void **state)
{
    put_descriptor(TABLE, 0, BUFFER, UINT32_MAX, DRIVER_NEXT, 1);
    put_descriptor(TABLE, 1, BUFFER, 0, 0, 0);
    offer(0);
    assert_int_equal(pop(false), VIRTIO_QUEUE_CHAIN);
    assert_int_equal(chain.readable_bytes, UINT32_MAX);
    put_descriptor(TABLE, 1, BUFFER, 1, 0, 0);
    offer(0);
    expect_broken(false);
    /* Separate totals for the two parts. */
    put_descriptor(TABLE, 1, BUFFER, UINT32_MAX, DRIVER_WRITE, 0);
    assert_int_equal(pop(false), VIRTIO_QUEUE_CHAIN);
    /* Address wrap-around: to the last byte is possible (there is no memory), over it is not. */
    put_descriptor(TABLE, 0, UINT64_MAX - 9, 10, 0, 0);
    offer(0);
    assert_int_equal(pop(false), VIRTIO_QUEUE_CHAIN);
    put_descriptor(TABLE, 0, UINT64_MAX - 9, 11, 0, 0);
    offer(0);
    expect_broken(false);
    put_descriptor(TABLE, 0, UINT64_MAX, UINT32_MAX, 0, 0);
    expect_broken(false);
    put_descriptor(TABLE, 0, UINT64_MAX, 0, 0, 0);
    assert_int_equal(pop(false), VIRTIO_QUEUE_CHAIN);
}

static void indirect_tables_work_where_negotiated(void **state)
{
    put_descriptor(TABLE, 0, BUFFER, 3, DRIVER_NEXT, 1);
    put_descriptor(TABLE, 1, INDIRECT, 3 * 16, DRIVER_INDIRECT | DRIVER_WRITE /* ignored */, 0);
    put_descriptor(INDIRECT, 0, BUFFER + 10, 4, DRIVER_NEXT, 2);
    put_descriptor(INDIRECT, 2, BUFFER + 20, 5, DRIVER_NEXT | DRIVER_WRITE, 1);
    put_descriptor(INDIRECT, 1, BUFFER + 30, 6, DRIVER_WRITE, 0);
    offer(0);
    expect_broken(false);
    assert_int_equal(pop(true), VIRTIO_QUEUE_CHAIN);
    assert_int_equal(chain.readable, 2);
    assert_int_equal(chain.writable, 2);
    assert_int_equal(chain.readable_bytes, 7);
    assert_int_equal(chain.writable_bytes, 11);
    assert_int_equal(chain.segments[2].gpa, BUFFER + 20);
}

static void bad_indirect_tables_break_it(void **state)
{
    offer(0);
    /* Empty, no whole descriptors, a chain going on, wrapping around, beyond memory. */
    put_descriptor(TABLE, 0, INDIRECT, 0, DRIVER_INDIRECT, 0);
    expect_broken(true);
    put_descriptor(TABLE, 0, INDIRECT, 17, DRIVER_INDIRECT, 0);
    expect_broken(true);
    put_descriptor(TABLE, 0, INDIRECT, 32, DRIVER_INDIRECT | DRIVER_NEXT, 1);
    expect_broken(true);
    put_descriptor(TABLE, 0, UINT64_MAX - 15, 32, DRIVER_INDIRECT, 0);
    expect_broken(true);
    put_descriptor(TABLE, 0, 0, 32, DRIVER_INDIRECT, 0);
    expect_broken(true);
    put_descriptor(TABLE, 0, FAKE_BASE + FAKE_BYTES - 8, 32, DRIVER_INDIRECT, 0);
    expect_broken(true);
    /* An indirect in an indirect, a link out of the table, a loop, one descriptor too many. */
    put_descriptor(TABLE, 0, INDIRECT, 32, DRIVER_INDIRECT, 0);
    put_descriptor(INDIRECT, 0, INDIRECT, 32, DRIVER_INDIRECT, 0);
    expect_broken(true);
    put_descriptor(INDIRECT, 0, BUFFER, 1, DRIVER_NEXT, 1);
    put_descriptor(INDIRECT, 1, INDIRECT, 32, DRIVER_INDIRECT, 0);
    expect_broken(true);
    put_descriptor(INDIRECT, 1, BUFFER, 1, DRIVER_NEXT, 2);
    expect_broken(true);
    put_descriptor(INDIRECT, 1, BUFFER, 1, DRIVER_NEXT, 0);
    expect_broken(true);
    put_descriptor(TABLE, 0, INDIRECT, 16 * (SIZE + 1), DRIVER_INDIRECT, 0);
    for (unsigned i = 0; i < SIZE; i++) {
        put_descriptor(INDIRECT, i, BUFFER, 1, DRIVER_NEXT, (uint16_t)(i + 1));
    }
    expect_broken(true);
    put_descriptor(INDIRECT, SIZE - 1, BUFFER, 1, 0, 0);
    assert_int_equal(pop(true), VIRTIO_QUEUE_CHAIN);
}

static void a_huge_indirect_table_is_only_read_where_used(void **state)
{
    put_descriptor(TABLE, 0, INDIRECT, 0xFFFFFFF0u, DRIVER_INDIRECT, 0);
    put_descriptor(INDIRECT, 0, BUFFER, 1, DRIVER_NEXT, 0xFFFF);
    offer(0);
    uint64_t reads = guest.reads;
    expect_broken(true); /* descriptor 65535 is beyond memory */
    assert_true(guest.reads - reads <= 5);
}

/* Any part of the queue may be private or missing, at any time. */
static void private_rings_break_it(void **state)
{
    for (unsigned page = 0; page < 2; page++) {
        setup(NULL);
        put_descriptor(TABLE, 0, BUFFER, 1, 0, 0);
        offer(0);
        guest.private[page] = true;
        expect_broken(true);
        guest.private[page] = false;
        assert_int_equal(pop(true), VIRTIO_QUEUE_CHAIN);
    }
    guest.private[2] = true;
    uint16_t before = queue.next_used;
    assert_false(virtio_queue_push(&queue, &guest, 0, 0));
    assert_int_equal(queue.next_used, before);
    guest.private[1] = true;
    assert_true(virtio_queue_wants_interrupt(&queue, &guest));
    setup(NULL);
    put_descriptor(TABLE, 0, INDIRECT, 16, DRIVER_INDIRECT, 0);
    offer(0);
    guest.private[3] = true;
    expect_broken(true);
}

/* Whatever is read from the rings changes right after the read: the chain must be as first read. */
static void ring_fields_are_read_once(void **state)
{
    put_descriptor(TABLE, 0, BUFFER, 16, DRIVER_NEXT, 1);
    put_descriptor(TABLE, 1, INDIRECT, 32, DRIVER_INDIRECT, 0);
    put_descriptor(INDIRECT, 0, BUFFER + 16, 32, DRIVER_NEXT | DRIVER_WRITE, 1);
    put_descriptor(INDIRECT, 1, BUFFER + 48, 64, DRIVER_WRITE, 0);
    offer(0);
    guest.scribble = true;
    guest.scribble_bytes = BUFFER - FAKE_BASE;
    assert_int_equal(pop(true), VIRTIO_QUEUE_CHAIN);
    assert_int_equal(guest.reads, 2 + 4);
    assert_int_equal(chain.head, 0);
    assert_int_equal(chain.readable, 1);
    assert_int_equal(chain.writable, 2);
    assert_int_equal(chain.readable_bytes, 16);
    assert_int_equal(chain.writable_bytes, 96);
    assert_int_equal(chain.segments[2].gpa, BUFFER + 48);
    assert_int_equal(chain.segments[2].bytes, 64);
}

static void chains_are_copied_across_segments(void **state)
{
    uint8_t bytes[64];
    put_descriptor(TABLE, 0, BUFFER, 5, DRIVER_NEXT, 1);
    put_descriptor(TABLE, 1, BUFFER + 50, 0, DRIVER_NEXT, 2);
    put_descriptor(TABLE, 2, BUFFER + 100, 10, DRIVER_NEXT, 3);
    put_descriptor(TABLE, 3, BUFFER + 200, 3, DRIVER_NEXT | DRIVER_WRITE, 4);
    put_descriptor(TABLE, 4, BUFFER + 300, 4, DRIVER_WRITE, 0);
    offer(0);
    assert_int_equal(pop(false), VIRTIO_QUEUE_CHAIN);
    for (unsigned i = 0; i < 512; i++) {
        *(uint8_t *)fake_at(&guest, BUFFER + i) = (uint8_t)i;
    }
    assert_true(virtio_chain_read(&chain, &guest, 3, bytes, 12));
    const uint8_t expected[] = {3, 4, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109};
    assert_memory_equal(bytes, expected, sizeof(expected));
    assert_true(virtio_chain_read(&chain, &guest, 15, bytes, 0));
    assert_false(virtio_chain_read(&chain, &guest, 3, bytes, 13));
    assert_false(virtio_chain_read(&chain, &guest, 16, bytes, 1));
    assert_false(virtio_chain_read(&chain, &guest, UINT32_MAX, bytes, 1));
    assert_true(virtio_chain_write(&chain, &guest, 1, "abcdef", 6));
    assert_memory_equal(fake_at(&guest, BUFFER + 200),
                        "\xC8"
                        "ab",
                        3);
    assert_memory_equal(fake_at(&guest, BUFFER + 300), "cdef", 4);
    assert_false(virtio_chain_write(&chain, &guest, 1, "abcdefg", 7));
    assert_int_equal(*(uint8_t *)fake_at(&guest, BUFFER + 304), 304 % 256);
}

static void interrupts_are_as_the_driver_asks(void **state)
{
    assert_true(virtio_queue_wants_interrupt(&queue, &guest));
    put16(AVAILABLE, 1);
    assert_false(virtio_queue_wants_interrupt(&queue, &guest));
    put16(AVAILABLE, 0xFFFE);
    assert_true(virtio_queue_wants_interrupt(&queue, &guest));
}

static void the_largest_chain_fits(void **state)
{
    setup_size(VIRTIO_QUEUE_SIZE_MAX);
    for (unsigned i = 0; i < VIRTIO_QUEUE_SIZE_MAX; i++) {
        put_descriptor(TABLE, i, BUFFER + i, 1, DRIVER_NEXT | (i < 60 ? 0 : DRIVER_WRITE), (uint16_t)(i + 1));
    }
    offer(0);
    expect_broken(false);
    put_descriptor(TABLE, VIRTIO_QUEUE_SIZE_MAX - 1, BUFFER, 1, DRIVER_WRITE, 0);
    assert_int_equal(pop(false), VIRTIO_QUEUE_CHAIN);
    assert_int_equal(chain.readable, 60);
    assert_int_equal(chain.writable, VIRTIO_QUEUE_SIZE_MAX - 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_empty_queue_is_empty, setup),
        cmocka_unit_test_setup(a_chain_is_copied_in_order, setup),
        cmocka_unit_test_setup(indices_wrap_many_times_around, setup),
        cmocka_unit_test_setup(available_index_jumps_break_it, setup),
        cmocka_unit_test_setup(heads_and_links_stay_in_the_table, setup),
        cmocka_unit_test_setup(loops_are_cut, setup),
        cmocka_unit_test_setup(writable_then_readable_breaks_it, setup),
        cmocka_unit_test_setup(lengths_do_not_overflow, setup),
        cmocka_unit_test_setup(indirect_tables_work_where_negotiated, setup),
        cmocka_unit_test_setup(bad_indirect_tables_break_it, setup),
        cmocka_unit_test_setup(a_huge_indirect_table_is_only_read_where_used, setup),
        cmocka_unit_test_setup(private_rings_break_it, setup),
        cmocka_unit_test_setup(ring_fields_are_read_once, setup),
        cmocka_unit_test_setup(chains_are_copied_across_segments, setup),
        cmocka_unit_test_setup(interrupts_are_as_the_driver_asks, setup),
        cmocka_unit_test_setup(the_largest_chain_fits, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
