/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile manager reaches for the machine by memory: low memory, firmware, the waking vector, interrupt
 * controllers, timers, ECAM, BARs and the holes between them. */
#include "abi/audit.h"
#include "abi/hypercall.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"

#define VECTOR_PF    14u
#define CODE_PRESENT 1u
#define CODE_WRITE   2u
#define CODE_DENIED  0x8000u
#define FRAME        4096u
#define LOW_FRAMES   0x100u
#define BEYOND       16u /* frames above all RAM: the firmware's tables, FACS and waking vector among them */

struct place {
    const char *name;
    uint64_t address;
};

static const struct place places[] = {
    {"interrupt vectors of real mode", 0x0},
    {"a start page for SIPI", 0x8000},
    {"extended BIOS data", 0x9fc00},
    {"VGA memory", 0xa0000},
    {"option ROM", 0xc0000},
    {"BIOS", 0xfe000},
    {"ECAM (function 0:1.1)", 0xb0009000},
    {"a hole where a BAR could be put", 0xc0000000},
    {"ECAM elsewhere, or a frame buffer", 0xe0009000},
    {"IOAPIC", 0xfec00000},
    {"HPET", 0xfed00000},
    {"TXT and TPM", 0xfed40000},
    {"VT-d registers", 0xfed90000},
    {"local APIC", 0xfee00000},
    {"local APIC interrupt command", 0xfee00300},
    {"flash", 0xfffff000},
};

static bool denied(uint64_t address)
{
    const uint64_t linear = TINY_DIRECT_MAP + address;
    uint64_t sequence = tiny_audit_next();
    uint64_t value;

    if (tiny_try_read(linear, &value) != VECTOR_PF || tiny_fault_code() != (CODE_DENIED | CODE_PRESENT) ||
        tiny_fault_address() != linear) {
        return false;
    }
    if (tiny_try_write(linear, 0) != VECTOR_PF ||
        tiny_fault_code() != (CODE_DENIED | CODE_PRESENT | CODE_WRITE) || tiny_fault_address() != linear) {
        return false;
    }
    return tiny_audit_has(sequence, AUDIT_MANAGER_MEMORY_DENIED, address);
}

/* What we were given: the ranges, and the page that tells of them. */
static bool is_ours(const struct boot_info *info, uint64_t frame)
{
    if (frame == ((uint64_t)info - TINY_DIRECT_MAP) / FRAME) {
        return true;
    }
    for (uint32_t i = 0; i < info->range_count; i++) {
        if (frame >= info->ranges[i].first && frame < info->ranges[i].first + info->ranges[i].count) {
            return true;
        }
    }
    return false;
}

/* Every frame from 0 to beyond the end of RAM that is not ours: the core's, low memory, firmware's. */
static void every_frame(const struct boot_info *info)
{
    const uint64_t end = tiny_call(HYPERCALL_INFO, INFO_FRAMES_LIMIT, 0, 0, 0, 0).value + BEYOND;
    uint64_t tried = 0;
    uint64_t open = 0;

    for (uint64_t frame = 0; frame < end; frame++) {
        if (!is_ours(info, frame)) {
            uint64_t value;

            tried++;
            open += tiny_try_read(TINY_DIRECT_MAP + frame * FRAME, &value) != VECTOR_PF;
            open += tiny_try_write(TINY_DIRECT_MAP + frame * FRAME + FRAME - 8, 0) != VECTOR_PF;
        }
    }
    tiny_check_equal("frames of others that are open", open, 0);
    tiny_check("low memory and the core were among them", tried > LOW_FRAMES + BEYOND);
}

/* Low memory, where a CPU would start from, is no one's to be had by donation either. */
static void donation_of_low_memory(void)
{
    uint64_t partition = tiny_call(HYPERCALL_PARTITION_CREATE, 16, 1, 0, 0, 0).value;

    tiny_check_equal("donating the start page of a CPU",
                     tiny_call(HYPERCALL_FRAME_DONATE, partition, 0, 8, 1, DONATE_KEEP).status & 0xff,
                     STATUS_NOT_OWNER);
    tiny_check("donating the IOAPIC",
               tiny_call(HYPERCALL_FRAME_DONATE, partition, 0, 0xfec00, 1, DONATE_KEEP).status != STATUS_OK);
}

static void power_is_the_cores(void)
{
    tiny_check_equal("POWER of no known kind", tiny_call(HYPERCALL_POWER, 2, 0, 0, 0, 0).status,
                     STATUS_AT(STATUS_INVALID, OPERAND_RDI));
    tiny_check_equal("POWER to sleep", tiny_call(HYPERCALL_POWER, 3, 0, 0, 0, 0).status,
                     STATUS_AT(STATUS_INVALID, OPERAND_RDI));
}

void tiny_main(const struct boot_info *info)
{
    uint64_t ours = tiny_frames(1);
    uint64_t value;

    tiny_check_equal("our own memory is open", tiny_try_read(TINY_DIRECT_MAP + ours * FRAME, &value),
                     TINY_NO_FAULT);
    for (uint32_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        tiny_check(places[i].name, denied(places[i].address));
    }
    every_frame(info);
    donation_of_low_memory();
    power_is_the_cores();
}
