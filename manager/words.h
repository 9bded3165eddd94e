/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_WORDS_H
#define MANAGER_WORDS_H

#include <stdint.h>

#include "abi/run_exit.h"

/* What a status of the core says, without its operand (abi/status.h). */
const char *words_of_status(uint64_t status);

/* The operand that a status blames: a register's name, or "no operand". */
const char *words_of_operand(uint64_t status);

/* Why the core stopped a guest. */
const char *words_of_kill(enum kill_reason reason);

#endif
