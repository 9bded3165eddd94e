/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/ioapic.h"

#include "arch/x86_64/mmio.h"

/* Offsets in the register block. */
enum ioapic_block { IOREGSEL = 0x00, IOWIN = 0x10 };

enum ioapic_register {
    IOAPICVER = 0x01,
    IOREDTBL = 0x10, /* two registers an entry, the low half first */
};

enum ioapic_value {
    IOAPICVER_LAST_ENTRY_SHIFT = 16,
    IOAPICVER_LAST_ENTRY_MASK = 0xff,
    IOREDTBL_LAST_ENTRY_MAX = 0x77, /* the register numbers have eight bits */
    IOREDTBL_MASKED = 1 << 16,
};

static uint32_t read_register(void *block, uint32_t number)
{
    mmio_write32(block, IOREGSEL, number);
    return mmio_read32(block, IOWIN);
}

static void write_register(void *block, uint32_t number, uint32_t value)
{
    mmio_write32(block, IOREGSEL, number);
    mmio_write32(block, IOWIN, value);
}

uint32_t ioapic_silence(void *block)
{
    const uint32_t version = read_register(block, IOAPICVER);
    uint32_t last = (version >> IOAPICVER_LAST_ENTRY_SHIFT) & IOAPICVER_LAST_ENTRY_MASK;

    /* Does anything answer? */
    if (version == UINT32_MAX) {
        return 0;
    }
    if (last > IOREDTBL_LAST_ENTRY_MAX) {
        last = IOREDTBL_LAST_ENTRY_MAX;
    }
    for (uint32_t entry = 0; entry <= last; entry++) {
        write_register(block, IOREDTBL + 2 * entry, IOREDTBL_MASKED);
        write_register(block, IOREDTBL + 2 * entry + 1, 0);
    }
    return last + 1;
}
