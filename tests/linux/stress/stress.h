/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LINUX_STRESS_STRESS_H
#define TESTS_LINUX_STRESS_STRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A program for a Linux guest with several CPUs: what each part did is checked against what it must have come to.  Nothing
 * is asked of how long anything takes, but that nothing is early.
 */

/* How many CPUs are used, 0 .. cpus - 1. */
extern uint32_t cpus;

/* Each part says so on standard output, and returns false, where something came out wrong. */
bool stress_processes(void);
bool stress_pipes(void);
bool stress_signals(void);
bool stress_timers(void);
bool stress_clock(void);
bool stress_threads(void);
bool stress_memory(void);

/* "FAIL what: got, wanted" unless they are equal; whether they are. */
bool same(const char *what, uint64_t got, uint64_t wanted);
/* The caller goes on on CPU `cpu` (modulo cpus).  False, after saying so: it does not. */
bool move_to(uint32_t cpu);
/* A child on CPU `cpu` that ends with what `work(number)` returns. */
pid_t child_on(uint32_t cpu, int (*work)(uint32_t number), uint32_t number);
/* Its exit status; 256 and more: it ended otherwise. */
uint32_t end_of(pid_t child);
/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t now(void);

#endif
