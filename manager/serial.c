/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/serial.h"

#include "manager/insn.h"
#include "manager/lock.h"

/* PC16550D data sheet, "Register Addresses". */
enum {
    COM1 = 0x3f8,
    COM1_DATA = COM1 + 0,
    COM1_IER = COM1 + 1,
    COM1_FCR = COM1 + 2,
    COM1_LCR = COM1 + 3,
    COM1_MCR = COM1 + 4,
    COM1_LSR = COM1 + 5,
    FCR_ENABLE_AND_CLEAR = 0x07,
    LCR_8N1 = 0x03,
    LCR_DLAB = 0x80,
    MCR_DTR_RTS = 0x03,
    LSR_DATA_READY = 1 << 0,
    LSR_THRE = 1 << 5,
    LSR_TEMT = 1 << 6,
    DIVISOR_115200 = 1,
    FIFO_BYTES = 16,
    DEBUG_PORT = 0xe9,
    LINE_ABSENT = 0xff,
    SENT_BYTES = 16384,
    RECEIVED_BYTES = 256,
    FLUSH_POLLS_MAX = 100000000, /* a line that never empties must not hang the manager */
};

static uint8_t sent[SENT_BYTES];
static uint32_t sent_first, sent_count;
static uint8_t received[RECEIVED_BYTES];
static uint32_t received_first, received_count;
static bool has_line, has_debug_port;
static struct lock lock; /* the line, and both buffers */

void serial_start(bool debug_port)
{
    has_debug_port = debug_port;
    insn_outb(COM1_IER, 0);
    insn_outb(COM1_LCR, LCR_DLAB);
    insn_outb(COM1_DATA, DIVISOR_115200);
    insn_outb(COM1_IER, 0);
    insn_outb(COM1_LCR, LCR_8N1);
    insn_outb(COM1_FCR, FCR_ENABLE_AND_CLEAR);
    insn_outb(COM1_MCR, MCR_DTR_RTS);
    has_line = insn_inb(COM1_LSR) != LINE_ABSENT;
}

static void transmit(void)
{
    for (uint32_t i = 0; i < FIFO_BYTES && sent_count > 0; i++) {
        insn_outb(COM1_DATA, sent[sent_first]);
        sent_first = (sent_first + 1) % SENT_BYTES;
        sent_count--;
    }
}

static void receive(void)
{
    const uint8_t byte = insn_inb(COM1_DATA);
    /* Nobody reads: what comes now is lost, as on any line without flow control. */
    if (received_count == RECEIVED_BYTES) {
        return;
    }
    received[(received_first + received_count) % RECEIVED_BYTES] = byte;
    received_count++;
}

static void poll(void)
{
    if (!has_line) {
        sent_count = 0;
        return;
    }
    for (uint32_t i = 0; i < FIFO_BYTES; i++) {
        const uint8_t status = insn_inb(COM1_LSR);
        if (status & LSR_THRE) {
            transmit();
        }
        if (!(status & LSR_DATA_READY)) {
            return;
        }
        receive();
    }
}

void serial_poll(void)
{
    lock_take(&lock);
    poll();
    lock_drop(&lock);
}

void serial_write(uint8_t byte)
{
    lock_take(&lock);
    if (has_debug_port) {
        insn_outb(DEBUG_PORT, byte);
    }
    for (uint32_t polls = 0; sent_count == SENT_BYTES && polls < FLUSH_POLLS_MAX; polls++) {
        poll();
    }
    if (has_line && sent_count < SENT_BYTES) {
        sent[(sent_first + sent_count) % SENT_BYTES] = byte;
        sent_count++;
    }
    lock_drop(&lock);
}

bool serial_arrived(void)
{
    return received_count > 0;
}

bool serial_read(uint8_t *byte)
{
    bool is_there;

    lock_take(&lock);
    is_there = received_count > 0;
    if (is_there) {
        *byte = received[received_first];
        received_first = (received_first + 1) % RECEIVED_BYTES;
        received_count--;
    }
    lock_drop(&lock);
    return is_there;
}

bool serial_pending(void)
{
    return sent_count > 0;
}

void serial_flush(void)
{
    for (uint32_t polls = 0; sent_count > 0 && polls < FLUSH_POLLS_MAX; polls++) {
        serial_poll();
    }
    for (uint32_t polls = 0; has_line && polls < FLUSH_POLLS_MAX; polls++) {
        if (insn_inb(COM1_LSR) & LSR_TEMT) {
            return;
        }
    }
}
