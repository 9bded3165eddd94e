/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_CONSOLE_H
#define MANAGER_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Who says what on the one line out: the manager and the guests.  A single guest's bytes pass through;
 * of several, each line carries its guest's name ("NAME| ").  A speaker that interrupts another's
 * line begins a new one.
 */
struct console_voice {
    const char *name; /* printable */
    uint32_t name_length;
};

/* Whether guests' lines carry their names from now on. */
void console_name_guests(bool named);

/* Bytes that a guest wrote.  `voice` must stay where it is. */
void console_guest_output(const struct console_voice *voice, const uint8_t *bytes, uint32_t count);

/* A message of the manager: always begins a line. */
void console_message(const char *text, uint32_t length);

/* A voice that will not speak again. */
void console_forget(const struct console_voice *voice);

#endif
