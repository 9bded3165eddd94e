/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/fake_serial.h"

#include <string.h>

#include "manager/serial.h"

static char written[1 << 16], shown[1 << 16];
static size_t written_bytes;
static const char *typed = "";

const char *fake_serial_written(void)
{
    memcpy(shown, written, written_bytes);
    shown[written_bytes] = '\0';
    written_bytes = 0;
    return shown;
}

void fake_serial_type(const char *bytes)
{
    typed = bytes;
}

void serial_write(uint8_t byte)
{
    if (written_bytes + 1 < sizeof(written)) {
        written[written_bytes++] = (char)byte;
    }
}

bool serial_read(uint8_t *byte)
{
    if (*typed == '\0') {
        return false;
    }
    *byte = (uint8_t)*typed++;
    return true;
}
