/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/uart.h"

enum uart_register {
    UART_DATA = 0,             /* divisor low with DLAB */
    UART_INTERRUPT_ENABLE = 1, /* divisor high with DLAB */
    UART_INTERRUPT_ID = 2,     /* FIFO control when written */
    UART_LINE_CONTROL = 3,
    UART_MODEM_CONTROL = 4,
    UART_LINE_STATUS = 5,
    UART_MODEM_STATUS = 6,
    UART_SCRATCH = 7,
};

enum uart_bits {
    INTERRUPT_ENABLE_TRANSMIT = 1 << 1,
    INTERRUPT_ENABLE_ALL = 0x0F,

    INTERRUPT_ID_NONE = 1 << 0,
    INTERRUPT_ID_TRANSMIT = 1 << 1,
    INTERRUPT_ID_FIFO = 0xC0,

    FIFO_CONTROL_ENABLE = 1 << 0,

    LINE_CONTROL_DLAB = 1 << 7,

    MODEM_CONTROL_DTR = 1 << 0,
    MODEM_CONTROL_RTS = 1 << 1,
    MODEM_CONTROL_OUT1 = 1 << 2,
    MODEM_CONTROL_OUT2 = 1 << 3,
    MODEM_CONTROL_LOOP = 1 << 4,
    MODEM_CONTROL_ALL = 0x1F,

    LINE_STATUS_EMPTY = 0x60, /* holding register and shift register */

    MODEM_STATUS_CTS = 1 << 4,
    MODEM_STATUS_DSR = 1 << 5,
    MODEM_STATUS_RI = 1 << 6,
    MODEM_STATUS_DCD = 1 << 7,
};

enum {
    DIVISOR_115200 = 1,
};

void uart_init(struct uart *uart, struct guest *guest)
{
    __builtin_memset(uart, 0, sizeof(*uart));
    uart->guest = guest;
    uart->divisor[0] = DIVISOR_115200;
}

static bool has_divisor(const struct uart *uart)
{
    return (uart->line_control & LINE_CONTROL_DLAB) != 0;
}

/* The transmitter is always empty, so its interrupt is pending while enabled.  (Linux without an
 * interrupt line polls this, and stalls if it says none.) */
static uint8_t interrupt_id(const struct uart *uart)
{
    uint8_t fifo = uart->fifo_control & FIFO_CONTROL_ENABLE ? INTERRUPT_ID_FIFO : 0;
    return fifo |
           (uart->interrupt_enable & INTERRUPT_ENABLE_TRANSMIT ? INTERRUPT_ID_TRANSMIT : INTERRUPT_ID_NONE);
}

/* A connected terminal; in loop-back, our own outputs. */
static uint8_t modem_status(const struct uart *uart)
{
    uint8_t control = uart->modem_control;
    if (!(control & MODEM_CONTROL_LOOP)) {
        return MODEM_STATUS_CTS | MODEM_STATUS_DSR | MODEM_STATUS_DCD;
    }
    return (uint8_t)((control & MODEM_CONTROL_RTS ? MODEM_STATUS_CTS : 0) |
                     (control & MODEM_CONTROL_DTR ? MODEM_STATUS_DSR : 0) |
                     (control & MODEM_CONTROL_OUT1 ? MODEM_STATUS_RI : 0) |
                     (control & MODEM_CONTROL_OUT2 ? MODEM_STATUS_DCD : 0));
}

static uint8_t read_register(const struct uart *uart, enum uart_register number)
{
    switch (number) {
    case UART_DATA:
        return has_divisor(uart) ? uart->divisor[0] : 0;
    case UART_INTERRUPT_ENABLE:
        return has_divisor(uart) ? uart->divisor[1] : uart->interrupt_enable;
    case UART_INTERRUPT_ID:
        return interrupt_id(uart);
    case UART_LINE_CONTROL:
        return uart->line_control;
    case UART_MODEM_CONTROL:
        return uart->modem_control;
    case UART_LINE_STATUS:
        return LINE_STATUS_EMPTY;
    case UART_MODEM_STATUS:
        return modem_status(uart);
    default:
        return uart->scratch;
    }
}

static void write_data(struct uart *uart, uint8_t value)
{
    if (has_divisor(uart)) {
        uart->divisor[0] = value;
    } else if (!(uart->modem_control & MODEM_CONTROL_LOOP)) {
        host_console_output(uart->guest, &value, 1);
    }
}

static void write_register(struct uart *uart, enum uart_register number, uint8_t value)
{
    switch (number) {
    case UART_DATA:
        write_data(uart, value);
        break;
    case UART_INTERRUPT_ENABLE:
        if (has_divisor(uart)) {
            uart->divisor[1] = value;
        } else {
            uart->interrupt_enable = value & INTERRUPT_ENABLE_ALL;
        }
        break;
    case UART_INTERRUPT_ID:
        uart->fifo_control = value;
        break;
    case UART_LINE_CONTROL:
        uart->line_control = value;
        break;
    case UART_MODEM_CONTROL:
        uart->modem_control = value & MODEM_CONTROL_ALL;
        break;
    case UART_SCRATCH:
        uart->scratch = value;
        break;
    default:
        break; /* the status registers are read-only */
    }
}

static bool is_uart_port(uint16_t port)
{
    return port >= UART_BASE && port < UART_BASE + UART_REGISTERS;
}

bool uart_port_read(struct uart *uart, uint16_t port, unsigned size, uint32_t *value)
{
    if (!is_uart_port(port)) {
        return false;
    }
    *value = size == 1 ? read_register(uart, (enum uart_register)(port - UART_BASE)) : UINT32_MAX;
    return true;
}

bool uart_port_write(struct uart *uart, uint16_t port, unsigned size, uint32_t value)
{
    if (!is_uart_port(port)) {
        return false;
    }
    if (size == 1) {
        write_register(uart, (enum uart_register)(port - UART_BASE), (uint8_t)value);
    }
    return true;
}
