/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "devices/uart.h"
#include "tests/unit/virtio_fake.h"

static struct guest guest;
static struct uart uart;

enum {
    DATA,
    IER,
    IIR,
    LCR,
    MCR,
    LSR,
    MSR,
    SCR,
};

static int setup(void **state)
{
    fake_init(&guest);
    uart_init(&uart, &guest);
    return 0;
}

static uint32_t in(unsigned number)
{
    uint32_t value = 0;
    assert_true(uart_port_read(&uart, (uint16_t)(0x3F8 + number), 1, &value));
    return value;
}

static void out(unsigned number, uint32_t value)
{
    assert_true(uart_port_write(&uart, (uint16_t)(0x3F8 + number), 1, value));
}

/* The steps of Linux' 8250 autoconfig that decide that it is a 16550A. */
static void linux_finds_a_16550a(void **state)
{
    out(IER, 0);
    assert_int_equal(in(IER), 0);
    out(IER, 0x0F);
    assert_int_equal(in(IER), 0x0F);
    out(IER, 0);
    out(MCR, 0x10 | 0x0A);
    assert_int_equal(in(MSR)&0xF0, 0x90);
    out(MCR, 0x10 | 0x05);
    assert_int_equal(in(MSR)&0xF0, 0x60);
    out(MCR, 0);
    out(LCR, 0);
    out(IIR, 1);
    assert_int_equal(in(IIR) >> 6, 3);
    out(SCR, 0x5A);
    assert_int_equal(in(SCR), 0x5A);
    assert_int_equal(in(LSR), 0x60);
    assert_int_equal(in(MSR), 0xB0);
}

static void bytes_are_sent_and_dlab_hides_them(void **state)
{
    out(DATA, 'a');
    out(LCR, 0x83);
    out(DATA, 12);
    out(IER, 1);
    assert_int_equal(in(DATA), 12);
    assert_int_equal(in(IER), 1);
    out(LCR, 3);
    assert_int_equal(in(IER), 0);
    assert_int_equal(in(DATA), 0);
    out(DATA, 'b');
    out(MCR, 0x10);
    out(DATA, 'x'); /* loop-back */
    out(MCR, 0x03);
    out(LSR, 0xFF);
    out(MSR, 0xFF);
    out(DATA, 'c');
    assert_int_equal(guest.output_count, 3);
    assert_memory_equal(guest.output, "abc", 3);
}

/* Without an interrupt line Linux polls IIR and stalls unless THRI stays pending. */
static void transmit_interrupt_stays_pending(void **state)
{
    out(IIR, 1);
    assert_int_equal(in(IIR), 0xC1);
    out(IER, 2);
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(in(IIR), 0xC2);
        out(DATA, '.');
    }
    out(IIR, 0);
    assert_int_equal(in(IIR), 0x02);
    out(IER, 0x0D);
    assert_int_equal(in(IIR), 0x01);
}

static void other_ports_and_widths(void **state)
{
    uint32_t value = 7;
    assert_false(uart_port_read(&uart, 0x3F7, 1, &value));
    assert_false(uart_port_read(&uart, 0x400, 1, &value));
    assert_false(uart_port_write(&uart, 0x2F8, 1, 'x'));
    assert_int_equal(value, 7);
    assert_true(uart_port_read(&uart, 0x3F8, 2, &value));
    assert_int_equal(value, 0xFFFFFFFF);
    assert_true(uart_port_write(&uart, 0x3F8, 4, 'x'));
    assert_int_equal(guest.output_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(linux_finds_a_16550a, setup),
        cmocka_unit_test_setup(bytes_are_sent_and_dlab_hides_them, setup),
        cmocka_unit_test_setup(transmit_interrupt_stays_pending, setup),
        cmocka_unit_test_setup(other_ports_and_widths, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
