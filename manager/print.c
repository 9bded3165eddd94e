/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/print.h"

#include <stdarg.h>

#include "lib/format.h"
#include "manager/console.h"

static void convert(struct format *format, char conversion, va_list *arguments)
{
    const char *text;

    switch (conversion) {
    case 's':
        format_text(format, va_arg(*arguments, const char *));
        break;
    case 't':
        text = va_arg(*arguments, const char *);
        format_printable(format, text, va_arg(*arguments, uint32_t));
        break;
    case 'u':
        format_decimal(format, va_arg(*arguments, uint64_t));
        break;
    case 'x':
        format_hex(format, va_arg(*arguments, uint64_t));
        break;
    default:
        format_char(format, conversion);
        break;
    }
}

void print(const char *words, ...)
{
    char buffer[PRINT_BYTES];
    struct format format;
    va_list arguments;

    format_start(&format, buffer, sizeof(buffer));
    va_start(arguments, words);
    for (; *words != '\0'; words++) {
        if (*words == '%' && words[1] != '\0') {
            words++;
            convert(&format, *words, &arguments);
        } else {
            format_char(&format, *words);
        }
    }
    va_end(arguments);
    console_message(buffer, format.length);
}
