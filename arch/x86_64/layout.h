/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_LAYOUT_H
#define ARCH_X86_64_LAYOUT_H

/*
 * The core's virtual address space.  Nothing else is mapped, and no partition's memory ever stands in it.
 *
 *   IMAGE       the image: text RX, constants R, data RW
 *   BOOT        while booting only: physical memory below 4 GiB
 *   FRAMES      frames[], see isolation/frame.h
 *   TABLES      tables[]: EPT and VT-d tables
 *   TAGS        table_tags[]
 *   CPUS        per CPU: guarded stacks, the state window, the frame window
 *   DEVICES     registers the core drives, uncached
 */
#define LAYOUT_IMAGE      0x40000000
#define LAYOUT_IMAGE_MAX  0x4000000 /* 64 MiB: what the boot tables map */
#define LAYOUT_BOOT       0x8000000000
#define LAYOUT_BOOT_BYTES 0x100000000
#define LAYOUT_FRAMES     0x100000000000
#define LAYOUT_TABLES     0x180000000000
#define LAYOUT_TAGS       0x1c0000000000
#define LAYOUT_CPUS       0x200000000000
#define LAYOUT_DEVICES    0x300000000000

#define LAYOUT_LARGE_PAGE 0x200000

/* Pages of one CPU's 2 MiB, from LAYOUT_CPUS + cpu * LAYOUT_LARGE_PAGE; those not named are never mapped. */
#define CPU_PAGE_STACK        1
#define CPU_STACK_PAGES       4
#define CPU_PAGE_NMI_STACK    6
#define CPU_PAGE_FAULT_STACK  9 /* double fault and machine check */
#define CPU_SMALL_STACK_PAGES 2
#define CPU_STACKS_PAGES      (CPU_STACK_PAGES + 3 * CPU_SMALL_STACK_PAGES)
#define CPU_PAGE_MC_STACK     12
#define CPU_PAGE_STATE_WINDOW 16
#define CPU_PAGE_FRAME_WINDOW 20

#endif
