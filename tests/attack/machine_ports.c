/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile manager tries every way out by I/O port: reset, sleep, SMI, DMA, interrupts, timers, config space. */
#include "abi/audit.h"
#include "tests/tiny/tiny.h"

#define VECTOR_GP  13u
#define COM1_FIRST 0x3f8u
#define COM1_LAST  0x3ffu
#define DEBUG_PORT 0xe9u
#define PORTS      0x10000u

struct escape {
    const char *name;
    uint16_t port;
    uint32_t value;
    uint32_t bytes;
};

static const struct escape escapes[] = {
    {"reset by 0xCF9", 0xcf9, 0x06, 1},
    {"reset by the keyboard controller", 0x64, 0xfe, 1},
    {"reset by port 0x92", 0x92, 0x01, 1},
    {"an SMI by 0xB2", 0xb2, 0x01, 1},
    {"S3 by PM1 control", 0xb004, 0x2400, 2},
    {"S5 by PM1 control", 0xb004, 0x2000, 2},
    {"config address", 0xcf8, 0x80000904, 4},
    {"config data: bus mastering on", 0xcfc, 0x00000007, 4},
    {"config data: a BAR over RAM", 0xcfc, 0x00200000, 4},
    {"config data: a BAR over a hole", 0xcfc, 0xc0000000, 4},
    {"config data by word", 0xcfe, 0x0007, 2},
    {"IDE bus master", 0xc000, 0x09, 1},
    {"ISA DMA address", 0x04, 0x00, 1},
    {"ISA DMA mode", 0x0b, 0x46, 1},
    {"ISA DMA unmask", 0x0a, 0x02, 1},
    {"ISA DMA page", 0x81, 0x10, 1},
    {"ISA DMA 16 bit unmask", 0xd4, 0x00, 1},
    {"8259 vectors", 0x20, 0x11, 1},
    {"8259 mask", 0x21, 0x00, 1},
    {"second 8259 mask", 0xa1, 0x00, 1},
    {"8259 edge or level", 0x4d0, 0xff, 1},
    {"PIT channel 0", 0x43, 0x34, 1},
    {"PIT count", 0x40, 0x01, 1},
    {"NMI gate", 0x70, 0x00, 1},
    {"NMI status", 0x61, 0x00, 1},
    {"floppy", 0x3f2, 0x1c, 1},
    {"emulator's shutdown port", 0x8900, 'S', 1},
};

static void escapes_fail(void)
{
    for (uint32_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
        const struct escape *escape = &escapes[i];
        uint64_t sequence = tiny_audit_next();
        uint8_t value;

        tiny_check(escape->name, tiny_try_out(escape->port, escape->value, escape->bytes) == VECTOR_GP &&
                                     tiny_audit_has(sequence, AUDIT_MANAGER_PORT_DENIED, escape->port));
        tiny_check(escape->name, tiny_try_in(escape->port, &value) == VECTOR_GP);
    }
}

static bool is_granted(uint32_t port, uint64_t flags)
{
    return (port >= COM1_FIRST && port <= COM1_LAST) ||
           (port == DEBUG_PORT && (flags & BOOT_HAS_DEBUG_PORT) != 0);
}

/* Every port there is, in and out, but those granted. */
static void every_port(uint64_t flags)
{
    uint32_t open = 0;

    for (uint32_t port = 0; port < PORTS; port++) {
        uint8_t value;

        if (is_granted(port, flags)) {
            continue;
        }
        open += tiny_try_in((uint16_t)port, &value) != VECTOR_GP;
        open += tiny_try_out((uint16_t)port, 0, 1) != VECTOR_GP;
    }
    tiny_check_equal("ports that are open", open, 0);
}

/* An access that begins or ends in what is granted, and reaches beyond. */
static void straddling(void)
{
    tiny_check_equal("word below COM1", tiny_try_out(COM1_FIRST - 1, 0, 2), VECTOR_GP);
    tiny_check_equal("dword below COM1", tiny_try_out(COM1_FIRST - 3, 0, 4), VECTOR_GP);
    tiny_check_equal("word above COM1", tiny_try_out(COM1_LAST, 0, 2), VECTOR_GP);
    tiny_check_equal("dword above COM1", tiny_try_out(COM1_LAST - 2, 0, 4), VECTOR_GP);
    tiny_check_equal("word at the debug port", tiny_try_out(DEBUG_PORT, 0, 2), VECTOR_GP);
    tiny_check_equal("dword over the debug port", tiny_try_out(DEBUG_PORT - 3, 0, 4), VECTOR_GP);
    tiny_check_equal("word around port 0xFFFF", tiny_try_out(0xffff, 0, 2), VECTOR_GP);
}

/* One string instruction; the vector it raised. */
static uint32_t string_out(uint16_t port, const void *from)
{
    uint64_t vector = TINY_NO_FAULT;

    __asm__ volatile("8: outsb\n"
                     "9:\n"
                     ".pushsection .fixups, \"a\"\n"
                     ".quad 8b, 9b\n"
                     ".popsection"
                     : "+a"(vector), "+S"(from)
                     : "d"(port)
                     : "memory");
    return (uint32_t)vector;
}

static uint32_t string_in(uint16_t port, void *to)
{
    uint64_t vector = TINY_NO_FAULT;

    __asm__ volatile("8: rep insb\n"
                     "9:\n"
                     ".pushsection .fixups, \"a\"\n"
                     ".quad 8b, 9b\n"
                     ".popsection"
                     : "+a"(vector), "+D"(to)
                     : "d"(port), "c"(1)
                     : "memory");
    return (uint32_t)vector;
}

static void strings(void)
{
    uint8_t byte = 0x06;

    tiny_check_equal("OUTS to 0xCF9", string_out(0xcf9, &byte), VECTOR_GP);
    tiny_check_equal("REP INS from 0xCFC", string_in(0xcfc, &byte), VECTOR_GP);
    tiny_check_equal("INS left memory alone", byte, 0x06);
}

void tiny_main(const struct boot_info *info)
{
    uint8_t value;

    tiny_check_equal("COM1 is granted", tiny_try_in(COM1_LAST, &value), TINY_NO_FAULT);
    escapes_fail();
    straddling();
    strings();
    every_port(info->flags);
}
