/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/console.h"

#include "manager/lock.h"
#include "manager/serial.h"

static const struct console_voice manager_voice = {.name = ""};
static const struct console_voice *speaker = &manager_voice;
static bool line_begins = true;
static bool guests_named;
static struct lock lock; /* what is above, and the voices */

static void end_line(void)
{
    serial_write('\r');
    serial_write('\n');
    line_begins = true;
}

static void take_the_floor(const struct console_voice *voice)
{
    if (speaker != voice && !line_begins) {
        end_line();
    }
    speaker = voice;
}

static void write_name(const struct console_voice *voice)
{
    for (uint32_t i = 0; i < voice->name_length; i++) {
        serial_write((uint8_t)voice->name[i]);
    }
    serial_write('|');
    serial_write(' ');
}

void console_name_guests(bool named)
{
    guests_named = named;
}

static void write_bytes(const struct console_voice *voice, const uint8_t *bytes, uint32_t count)
{
    take_the_floor(voice);
    for (uint32_t i = 0; i < count; i++) {
        if (line_begins && guests_named) {
            write_name(voice);
        }
        serial_write(bytes[i]);
        line_begins = bytes[i] == '\n';
    }
}

static void write_held(struct console_voice *voice)
{
    if (voice->held_count > 0) {
        write_bytes(voice, voice->held, voice->held_count);
        voice->held_count = 0;
    }
}

void console_guest_output(struct console_voice *voice, const uint8_t *bytes, uint32_t count)
{
    lock_take(&lock);
    voice->spoke = true;
    if (!guests_named) {
        write_held(voice);
        write_bytes(voice, bytes, count);
    }
    for (uint32_t i = 0; guests_named && i < count; i++) {
        voice->held[voice->held_count++] = bytes[i];
        if (bytes[i] == '\n' || voice->held_count == CONSOLE_HELD_MAX) {
            write_held(voice);
        }
    }
    lock_drop(&lock);
}

void console_end_turn(struct console_voice *voice, bool pauses)
{
    lock_take(&lock);
    if (pauses || !voice->spoke) {
        write_held(voice);
    }
    voice->spoke = false;
    lock_drop(&lock);
}

void console_message(const char *text, uint32_t length)
{
    lock_take(&lock);
    take_the_floor(&manager_voice);
    for (uint32_t i = 0; i < length; i++) {
        if (text[i] == '\n') {
            end_line();
        } else {
            serial_write((uint8_t)text[i]);
            line_begins = false;
        }
    }
    lock_drop(&lock);
}

void console_forget(struct console_voice *voice)
{
    lock_take(&lock);
    write_held(voice);
    if (speaker == voice) {
        take_the_floor(&manager_voice);
    }
    lock_drop(&lock);
}
