/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_FAKE_SERIAL_H
#define TESTS_UNIT_FAKE_SERIAL_H

/* A line (manager/serial.h) whose ends are in the test's hands. */

/* All that was written since the last call. */
const char *fake_serial_written(void);

/* What arrives next. */
void fake_serial_type(const char *bytes);

#endif
