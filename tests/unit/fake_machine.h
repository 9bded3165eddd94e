/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_FAKE_MACHINE_H
#define TESTS_UNIT_FAKE_MACHINE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

/* A machine of PCI functions, ports, memory registers and MSRs that keeps a log of what is written to it. */
enum fake_kind { FAKE_PORT, FAKE_MEMORY, FAKE_MSR, FAKE_CONFIG };

struct fake_write {
    enum fake_kind kind;
    uint64_t address; /* port, physical address, MSR; config: segment 63:32, bus 31:24, devfn 23:16, offset */
    uint32_t bytes;
    uint64_t value;
};

struct fake_function {
    uint16_t segment;
    uint8_t bus;
    uint8_t device;
    uint8_t function;
    uint16_t writable; /* of Command */
    bool aliased;      /* answers as functions 1 to 7 too */
    uint8_t config[256];
};

#define FAKE_FUNCTIONS_MAX 320u
#define FAKE_WRITES_MAX    4096u
/* Segment group 1's bus 0 has its config space here. */
#define FAKE_ECAM   0xe0000000ull
#define FAKE_IOAPIC 0xfec00000ull

struct fake_machine {
    uint32_t function_count;
    struct fake_function functions[FAKE_FUNCTIONS_MAX];
    uint32_t write_count;
    struct fake_write writes[FAKE_WRITES_MAX];
    uint32_t config_address;
    uint16_t pm1_now; /* what every 16-bit port read gives */
    uint8_t keyboard_status;
    uint32_t
        memory[0x400 / 4]; /* the low bits of a physical address select it, but for the IOAPIC and the ECAM */
    uint32_t ioapic_select;
    uint32_t ioapic[256];
    uint64_t msr[0x1000]; /* of numbers below 0x1000 */
    uint32_t cpuid_1_ecx;
    uint32_t reads_of_config;
    uint32_t unmaps;
    jmp_buf end; /* where panic and triple fault lead, as 1 and 2 */
};

extern struct fake_machine fake;

void fake_reset(void);
/* A function with `command` in its Command register, all of whose bits can be written. */
struct fake_function *fake_add(uint16_t segment, uint8_t bus, uint8_t device, uint8_t function,
                               uint16_t command);
uint16_t fake_command(const struct fake_function *function);
/* The last value written there; UINT64_MAX: nothing was. */
uint64_t fake_last(enum fake_kind kind, uint64_t address);
uint32_t fake_count(enum fake_kind kind, uint64_t address);

#endif
