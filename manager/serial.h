/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_SERIAL_H
#define MANAGER_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * COM1, polled, with a buffer before the slow line; and the emulator's debug port, where there is one,
 * which gets every byte that COM1 gets.
 */

/* 115200 baud, 8N1, FIFOs on.  `debug_port`: the core granted port 0xE9. */
void serial_start(bool debug_port);

/* Queue one byte.  Waits for the line only when the buffer is full. */
void serial_write(uint8_t byte);

/* Move what the line can take now, and fetch what has arrived.  Never waits.  To be called in every loop that lasts:
 * nothing else moves. */
void serial_poll(void);

/* Whether bytes have arrived that serial_read has not given yet. */
bool serial_arrived(void);

/* A byte that has arrived.  False where there is none. */
bool serial_read(uint8_t *byte);

/* Whether bytes wait for the line. */
bool serial_pending(void);

/* Wait until everything is on the line. */
void serial_flush(void);

#endif
