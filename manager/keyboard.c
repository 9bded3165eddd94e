/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/keyboard.h"

#include "lib/memory.h"
#include "manager/print.h"
#include "manager/serial.h"
#include "manager/status.h"

enum { CONTROL_A = 0x01 };

static void say_focus(const struct keyboard *keyboard, struct guest *const *guests)
{
    const struct guest *guest = guests[keyboard->focus];
    print("bulkhead: the keyboard is guest %t's\n", guest->voice.name, guest->voice.name_length);
}

/* The next guest that is on, if any. */
static void focus_next(struct keyboard *keyboard, struct guest *const *guests, uint32_t count)
{
    for (uint32_t i = 1; i <= count; i++) {
        const uint32_t next = (keyboard->focus + i) % count;
        if (guests[next]->state == GUEST_ON) {
            keyboard->focus = next;
            keyboard->waiting_count = 0;
            return;
        }
    }
}

static const char *state_words(enum guest_state state)
{
    switch (state) {
    case GUEST_ON:
        return "on";
    case GUEST_TAKING:
        return "waiting for its devices";
    case GUEST_STOPPING:
    case GUEST_ENDING:
        return "ending";
    case GUEST_OFF:
        break;
    }
    return "off";
}

static void list_guests(const struct keyboard *keyboard, struct guest *const *guests, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        print("bulkhead: guest %t is %s%s\n", guests[i]->voice.name, guests[i]->voice.name_length,
              state_words(guests[i]->state), i == keyboard->focus ? ", and has the keyboard" : "");
    }
}

static void append(struct keyboard *keyboard, uint8_t byte)
{
    keyboard->waiting[keyboard->waiting_count++] = byte;
}

/* Offer what waits, all at once: each offer costs the guest an interrupt. */
static void pass_on(struct keyboard *keyboard, struct guest *const *guests)
{
    struct guest *guest = guests[keyboard->focus];
    if (guest->state != GUEST_ON) {
        /* What is typed for a guest that is off is lost. */
        keyboard->waiting_count = 0;
    }
    if (keyboard->waiting_count == 0) {
        return;
    }
    lock_take(&guest->lock);
    const uint32_t taken =
        device_set_console_input(&guest->devices, keyboard->waiting, keyboard->waiting_count);
    lock_drop(&guest->lock);
    keyboard->waiting_count -= taken;
    memmove(keyboard->waiting, keyboard->waiting + taken, keyboard->waiting_count);
}

/* False: power off. */
static bool do_command(struct keyboard *keyboard, uint8_t byte, struct guest *const *guests, uint32_t count)
{
    switch (byte) {
    case 'n':
        pass_on(keyboard, guests);
        focus_next(keyboard, guests, count);
        say_focus(keyboard, guests);
        return true;
    case 'l':
        list_guests(keyboard, guests, count);
        return true;
    case 's':
        status_show(guests, count);
        return true;
    case 'm':
        status_lines(guests, count);
        return true;
    case 'x':
        return false;
    case 'a':
    case CONTROL_A:
        append(keyboard, CONTROL_A);
        return true;
    default:
        print("bulkhead: Ctrl-A n: next guest, l: list of guests, s: status, m: for machines, x: power off, "
              "a: send Ctrl-A\n");
        return true;
    }
}

bool keyboard_poll(struct keyboard *keyboard, struct guest *const *guests, uint32_t count)
{
    uint8_t byte;

    if (guests[keyboard->focus]->state != GUEST_ON) {
        focus_next(keyboard, guests, count);
    }
    while (keyboard->waiting_count < KEYBOARD_WAITING_MAX && serial_read(&byte)) {
        if (keyboard->in_command) {
            keyboard->in_command = false;
            if (!do_command(keyboard, byte, guests, count)) {
                return false;
            }
        } else if (byte == CONTROL_A) {
            keyboard->in_command = true;
        } else {
            append(keyboard, byte);
        }
    }
    pass_on(keyboard, guests);
    return true;
}
