/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/console.h"

#include "arch/x86_64/framebuffer.h"
#include "arch/x86_64/insn.h"
#include "lib/format.h"

/* 16550 UART.  Source: PC16550D data sheet, "Register Descriptions". */
enum uart_register {
    UART_DATA = 0,
    UART_INTERRUPT_ENABLE = 1,
    UART_FIFO_CONTROL = 2,
    UART_LINE_CONTROL = 3,
    UART_MODEM_CONTROL = 4,
    UART_LINE_STATUS = 5,
    UART_SCRATCH = 7,
};
#define COM1                   0x3f8u
#define UART_DIVISOR_ACCESS    0x80u
#define UART_8N1               0x03u
#define UART_FIFO_ENABLE_CLEAR 0x07u
#define UART_DTR_RTS           0x03u
#define UART_TRANSMIT_EMPTY    0x20u
#define UART_SCRATCH_PROBE     0x5au
#define UART_WAIT_LIMIT        1000000u

#define DEBUG_PORT   0xe9u
#define NUMBER_BYTES 24u

static bool has_serial;
static bool has_debug_port;
static bool has_screen;
static struct framebuffer screen;

static void serial_init(void)
{
    insn_outb(COM1 + UART_SCRATCH, UART_SCRATCH_PROBE);
    has_serial = insn_inb(COM1 + UART_SCRATCH) == UART_SCRATCH_PROBE;
    if (!has_serial) {
        return;
    }
    insn_outb(COM1 + UART_INTERRUPT_ENABLE, 0);
    insn_outb(COM1 + UART_LINE_CONTROL, UART_DIVISOR_ACCESS);
    insn_outb(COM1 + UART_DATA, 1); /* 115200 baud */
    insn_outb(COM1 + UART_INTERRUPT_ENABLE, 0);
    insn_outb(COM1 + UART_LINE_CONTROL, UART_8N1);
    insn_outb(COM1 + UART_FIFO_CONTROL, UART_FIFO_ENABLE_CLEAR);
    insn_outb(COM1 + UART_MODEM_CONTROL, UART_DTR_RTS);
}

void console_init(void)
{
    serial_init();
    has_debug_port = insn_inb(DEBUG_PORT) == DEBUG_PORT;
}

void console_set_screen(const struct framebuffer_place *place, volatile uint8_t *at)
{
    framebuffer_start(&screen, place, at);
    has_screen = true;
}

void console_move_screen(volatile uint8_t *at)
{
    screen.at = at;
}

static void serial_put(char character)
{
    uint32_t waited = 0;

    while ((insn_inb(COM1 + UART_LINE_STATUS) & UART_TRANSMIT_EMPTY) == 0 && waited < UART_WAIT_LIMIT) {
        waited++;
    }
    insn_outb(COM1 + UART_DATA, (uint8_t)character);
}

static void put(char character)
{
    if (has_serial) {
        serial_put(character);
    }
    if (has_debug_port) {
        insn_outb(DEBUG_PORT, (uint8_t)character);
    }
    if (has_screen) {
        framebuffer_put(&screen, character);
    }
}

void console_text(const char *text)
{
    for (const char *at = text; *at != 0; at++) {
        put(*at);
    }
}

void console_hex(uint64_t value)
{
    char text[NUMBER_BYTES];
    struct format format;

    format_start(&format, text, sizeof(text));
    format_hex(&format, value);
    console_text(text);
}

void console_decimal(uint64_t value)
{
    char text[NUMBER_BYTES];
    struct format format;

    format_start(&format, text, sizeof(text));
    format_decimal(&format, value);
    console_text(text);
}

void console_line(const char *text)
{
    console_text("bulkhead: ");
    console_text(text);
    console_text("\r\n");
}

void console_line_decimal(const char *text, uint64_t value, const char *unit)
{
    console_text("bulkhead: ");
    console_text(text);
    console_decimal(value);
    console_text(unit);
    console_text("\r\n");
}

void console_line_hex(const char *text, uint64_t value)
{
    console_text("bulkhead: ");
    console_text(text);
    console_hex(value);
    console_text("\r\n");
}

bool console_has_debug_port(void)
{
    return has_debug_port;
}

bool console_has_serial(void)
{
    return has_serial;
}
