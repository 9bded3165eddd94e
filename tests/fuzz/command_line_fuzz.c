/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz.h"

#include "boot/command_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *line = (const char *)data;
    struct command_line_word word;
    if (command_line_find(line, (uint32_t)size, "smt", &word)) {
        PROMISE(word.at >= line + 3 && word.at + word.length <= line + size);
        PROMISE(word.length == 0 || memchr(word.at, ' ', word.length) == NULL);
    }
    PROMISE(!command_line_says(line, (uint32_t)size, "smt", "on") ||
            (word.length == 2 && memcmp(word.at, "on", 2) == 0));
    return 0;
}
