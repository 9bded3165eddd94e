/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_UART_H
#define DEVICES_UART_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/host.h"

/*
 * A 16550A at COM1 for a guest's early messages: it transmits at once and receives nothing.  It has
 * no interrupt line, so drivers poll it.
 * Source: PC16550D data sheet, "Registers".
 */
enum {
    UART_BASE = 0x3F8, /* to 0x3FF */
    UART_REGISTERS = 8,
};

struct uart {
    struct guest *guest;
    uint8_t interrupt_enable;
    uint8_t fifo_control;
    uint8_t line_control;
    uint8_t modem_control;
    uint8_t scratch;
    uint8_t divisor[2]; /* low, high */
};

void uart_init(struct uart *uart, struct guest *guest);

/* A guest's port access.  False: not a port of this UART, nothing done.  Its registers are bytes: wider
 * accesses read all ones and write nothing. */
bool uart_port_read(struct uart *uart, uint16_t port, unsigned size, uint32_t *value);
bool uart_port_write(struct uart *uart, uint16_t port, unsigned size, uint32_t value);

#endif
