/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_CONSOLE_H
#define MANAGER_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Who says what on the one line out: the manager and the guests.  A single guest's bytes pass through; of
 * several, each line carries its guest's name ("NAME| "), and is held back until it is whole or its guest pauses,
 * so that those who run in turn do not cut each other's lines to pieces.
 */
#define CONSOLE_HELD_MAX 160u

struct console_voice {
    const char *name; /* printable */
    uint32_t name_length;
    uint32_t held_count; /* of a line that is not whole yet */
    bool spoke;          /* in this turn */
    uint8_t held[CONSOLE_HELD_MAX];
};

/* Whether guests' lines carry their names from now on. */
void console_name_guests(bool named);

/* Bytes that a guest wrote.  `voice` must stay where it is. */
void console_guest_output(struct console_voice *voice, const uint8_t *bytes, uint32_t count);

/* A message of the manager: always begins a line. */
void console_message(const char *text, uint32_t length);

/* Its turn is over: what it holds back is written where it waits for something (`pauses`), or where it said nothing
 * in the whole turn. */
void console_end_turn(struct console_voice *voice, bool pauses);

/* A voice that will not speak again. */
void console_forget(struct console_voice *voice);

#endif
