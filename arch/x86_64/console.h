/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_CONSOLE_H
#define ARCH_X86_64_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/framebuffer.h"

/* The boot log, refusals and panics: COM1 where there is one, the emulator's debug port 0xE9 where there is
 * one, the screen otherwise.  After the manager runs only panics are printed. */
void console_init(void);
/* Write to the screen too, mapped at `at` (arch/x86_64/framebuffer.h). */
void console_set_screen(const struct framebuffer_place *place, volatile uint8_t *at);
/* The same screen is mapped at `at` from now on. */
void console_move_screen(volatile uint8_t *at);
void console_text(const char *text);
void console_hex(uint64_t value);
void console_decimal(uint64_t value);
/* "bulkhead: " + text + newline. */
void console_line(const char *text);
/* "bulkhead: " + text + value in decimal + unit + newline. */
void console_line_decimal(const char *text, uint64_t value, const char *unit);
void console_line_hex(const char *text, uint64_t value);
/* Does port 0xE9 answer as the emulators' debug port does? */
bool console_has_debug_port(void);
bool console_has_serial(void);

#endif
