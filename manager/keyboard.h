/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_KEYBOARD_H
#define MANAGER_KEYBOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "manager/guest.h"

/*
 * What is typed goes to one guest, which has the focus.  Ctrl-A begins a command for the manager: n the next
 * guest, l a list, x power off, h help, a or Ctrl-A the byte itself.
 */
#define KEYBOARD_WAITING_MAX 64u

struct keyboard {
    uint32_t focus;         /* index of a guest */
    bool in_command;        /* Ctrl-A came */
    uint32_t waiting_count; /* bytes that the focused guest has not taken yet */
    uint8_t waiting[KEYBOARD_WAITING_MAX];
};

/* Pass on what has been typed to the one of `count` (at least 1) guests that has the focus.  False: the user
 * wants the machine off. */
bool keyboard_poll(struct keyboard *keyboard, struct guest *const *guests, uint32_t count);

#endif
