/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_GUEST_LAYOUT_H
#define MANAGER_GUEST_LAYOUT_H

#include <stdint.h>

/*
 * Guest-physical addresses, bytes.  Memory goes from 0 up, all of it backed, and on at 4 GiB where it does
 * not fit below GUEST_LOW_MAX.  The windows of the PCI host lie between (devices/pci_host.h).
 */
#define GUEST_BOOT_PARAMS  0x00090000ull
#define GUEST_COMMAND_LINE 0x00091000ull
#define GUEST_PAGE_TABLES  0x00092000ull /* PML4, PDPT, then up to GUEST_LOW_GIB page directories */
#define GUEST_RAM0_END     0x0009f000ull
/* Tables and all that looks like firmware: ACPI memory for the guest, or it would map it shared. */
#define GUEST_ACPI        0x000e0000ull
#define GUEST_WAIT_TABLES 0x000ec000ull /* PML4, PDPT, page directory: the first 2 MiB, for CPUs that wait */
#define GUEST_MAILBOX     0x000ef000ull /* one page: where further CPUs wait, */
#define GUEST_WAIT        0x000ef800ull /* and what they execute (manager/guest_wait.S) */
#define GUEST_ACPI_END    0x00100000ull
#define GUEST_RAM1        0x00100000ull
#define GUEST_LOW_MAX     0xc0000000ull
#define GUEST_LOW_GIB     3u
#define GUEST_HIGH        0x100000000ull

/* Bytes of a guest's memory that lie below GUEST_LOW_MAX; the rest begins at GUEST_HIGH. */
static inline uint64_t guest_layout_low_end(uint64_t memory)
{
    return memory < GUEST_LOW_MAX ? memory : GUEST_LOW_MAX;
}

static inline uint64_t guest_layout_high_end(uint64_t memory)
{
    return GUEST_HIGH + memory - guest_layout_low_end(memory);
}

#endif
