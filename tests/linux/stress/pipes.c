/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of processes, neighbours on different CPUs, that pass a number around and add to it; and bytes in bulk. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "tests/linux/stress/stress.h"

#define RING   4u
#define ROUNDS 200u
#define BULK   0x40000u
#define PIECE  0x1000u

static int ring[RING][2];
static int bulk[2];

/* The `number`th of the ring: reads from the pipe of this number, writes to the next. */
static int pass_on(uint32_t number)
{
    uint32_t value;

    for (uint32_t round = 0; round < ROUNDS; round++) {
        if (read(ring[number][0], &value, sizeof(value)) != sizeof(value)) {
            return 1;
        }
        value += number;
        if (write(ring[number + 1][1], &value, sizeof(value)) != sizeof(value)) {
            return 2;
        }
    }
    return 0;
}

static bool around(void)
{
    pid_t children[RING - 1];
    uint32_t value = 0;
    bool fine = true;

    for (uint32_t n = 0; n < RING; n++) {
        fine = pipe(ring[n]) == 0 && fine;
    }
    for (uint32_t n = 0; n < RING - 1; n++) {
        children[n] = child_on(n + 1, pass_on, n);
    }
    move_to(0);
    for (uint32_t round = 0; round < ROUNDS && fine; round++) {
        fine = write(ring[0][1], &value, sizeof(value)) == sizeof(value) &&
               read(ring[RING - 1][0], &value, sizeof(value)) == sizeof(value);
    }
    for (uint32_t n = 0; n < RING; n++) {
        close(ring[n][0]);
        close(ring[n][1]);
    }
    for (uint32_t n = 0; n < RING - 1; n++) {
        fine = same("status of one in the ring", end_of(children[n]), 0) && fine;
    }
    return same("what went around the ring", value, ROUNDS * (RING - 1) * (RING - 2) / 2) && fine;
}

static uint32_t byte_at(uint32_t at)
{
    return (at * 2654435761u) >> 24;
}

static int pour(uint32_t unused)
{
    uint8_t piece[PIECE];

    (void)unused;
    for (uint32_t at = 0; at < BULK; at += PIECE) {
        for (uint32_t i = 0; i < PIECE; i++) {
            piece[i] = (uint8_t)byte_at(at + i);
        }
        if (write(bulk[1], piece, PIECE) != PIECE) {
            return 1;
        }
    }
    return 0;
}

static bool in_bulk(void)
{
    uint32_t at = 0;
    uint32_t wrong = 0;
    uint8_t piece[PIECE];
    ssize_t got;
    pid_t child;

    if (pipe(bulk) != 0) {
        return false;
    }
    child = child_on(1, pour, 0);
    close(bulk[1]);
    while ((got = read(bulk[0], piece, PIECE)) > 0) {
        for (ssize_t i = 0; i < got; i++, at++) {
            wrong += piece[i] != byte_at(at);
        }
    }
    close(bulk[0]);
    return same("status of who pours", end_of(child), 0) & same("bytes that came", at, BULK) &
           same("wrong bytes", wrong, 0);
}

bool stress_pipes(void)
{
    return around() & in_bulk();
}
