/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tiny/tiny.h"

#include "abi/audit.h"
#include "abi/hypercall.h"
#include "abi/status.h"
#include "lib/format.h"
#include "lib/memory.h"
#include "tests/tiny/tiny_guest.h"
#include "tests/tiny/tiny_trap.h"

#define COM1        0x3f8u
#define COM1_STATUS 0x3fdu
#define COM1_EMPTY  0x20u
#define DEBUG_PORT  0xe9u
#define FRAME       4096u

static const struct boot_info *boot;
static uint64_t next_frame; /* frames are given from the top of the largest range downwards */
static uint64_t passed;
static uint64_t failed;

static void out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static uint8_t in(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

void tiny_text(const char *text)
{
    for (; *text != 0; text++) {
        while ((in(COM1_STATUS)&COM1_EMPTY) == 0) {
        }
        out(COM1, (uint8_t)*text);
        if ((boot->flags & BOOT_HAS_DEBUG_PORT) != 0) {
            out(DEBUG_PORT, (uint8_t)*text);
        }
    }
}

void tiny_hex(uint64_t value)
{
    char text[24];
    struct format format;

    format_start(&format, text, sizeof(text));
    format_hex(&format, value);
    tiny_text(text);
}

void tiny_decimal(uint64_t value)
{
    char text[24];
    struct format format;

    format_start(&format, text, sizeof(text));
    format_decimal(&format, value);
    tiny_text(text);
}

void tiny_check(const char *name, bool ok)
{
    passed += ok;
    failed += !ok;
    tiny_text(ok ? "PASS " : "FAIL ");
    tiny_text(name);
    tiny_text("\r\n");
}

void tiny_check_equal(const char *name, uint64_t got, uint64_t wanted)
{
    if (got != wanted) {
        tiny_text("  got ");
        tiny_hex(got);
        tiny_text(", wanted ");
        tiny_hex(wanted);
        tiny_text(": ");
    }
    tiny_check(name, got == wanted);
}

void tiny_bench(const char *name, uint64_t value, const char *unit)
{
    tiny_text("BENCH ");
    tiny_text(name);
    tiny_text(" ");
    tiny_decimal(value);
    tiny_text(" ");
    tiny_text(unit);
    tiny_text("\r\n");
}

_Noreturn void tiny_end(void)
{
    tiny_decimal(passed);
    tiny_text(" passed, ");
    tiny_decimal(failed);
    tiny_text(" failed\r\n");
    for (;;) {
        tiny_call(HYPERCALL_POWER, POWER_OFF, 0, 0, 0, 0);
    }
}

struct tiny_answer tiny_call(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10,
                             uint64_t r8)
{
    register uint64_t r10_in __asm__("r10") = r10;
    register uint64_t r8_in __asm__("r8") = r8;
    struct tiny_answer answer;

    __asm__ volatile("vmcall"
                     : "=a"(answer.status), "+d"(rdx)
                     : "a"(number), "D"(rdi), "S"(rsi), "r"(r10_in), "r"(r8_in)
                     : "memory");
    answer.value = rdx;
    return answer;
}

uint32_t tiny_run_kind(const struct tiny_run *run)
{
    return (uint32_t)run->exit & RUN_EXIT_KIND_MASK;
}

uint64_t tiny_rdtsc(void)
{
    uint32_t low;
    uint32_t high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

void *tiny_at(uint64_t hfn)
{
    return (void *)(TINY_DIRECT_MAP + hfn * FRAME);
}

uint64_t tiny_frames(uint64_t count)
{
    next_frame -= count;
    memset(tiny_at(next_frame), 0, count * FRAME);
    return next_frame;
}

uint64_t tiny_audit_next(void)
{
    return tiny_call(HYPERCALL_INFO, INFO_AUDIT_NEXT, 0, 0, 0, 0).value;
}

bool tiny_audit_has(uint64_t sequence, uint64_t event, uint64_t a)
{
    for (uint64_t end = tiny_audit_next(); sequence < end; sequence++) {
        if (tiny_call(HYPERCALL_AUDIT_READ, sequence, AUDIT_WORD_EVENT, 0, 0, 0).value == event &&
            tiny_call(HYPERCALL_AUDIT_READ, sequence, AUDIT_WORD_A, 0, 0, 0).value == a) {
            return true;
        }
    }
    return false;
}

uint64_t tiny_setting(const struct boot_info *info, const char *key, uint64_t otherwise)
{
    for (uint32_t at = 0; at < sizeof(info->command_line) && info->command_line[at] != 0; at++) {
        uint32_t n = 0;
        uint64_t value = 0;

        while (key[n] != 0 && at + n < sizeof(info->command_line) && info->command_line[at + n] == key[n]) {
            n++;
        }
        for (; key[n] == 0 && at + n < sizeof(info->command_line); at++) {
            const char digit = info->command_line[at + n];

            if (digit < '0' || digit > '9') {
                return value;
            }
            value = value * 10 + (uint64_t)(digit - '0');
        }
    }
    return otherwise;
}

static void find_memory(void)
{
    const struct boot_range *largest = &boot->ranges[0];

    for (uint32_t i = 1; i < boot->range_count; i++) {
        if (boot->ranges[i].count > largest->count) {
            largest = &boot->ranges[i];
        }
    }
    next_frame = largest->first + largest->count;
}

void manager_main(const struct boot_info *info);
void manager_main(const struct boot_info *info)
{
    boot = info;
    find_memory();
    tiny_trap_init();
    tiny_text("tiny: starts\r\n");
    tiny_main(info);
    tiny_end();
}
