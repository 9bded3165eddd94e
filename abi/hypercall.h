/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ABI_HYPERCALL_H
#define ABI_HYPERCALL_H

/*
 * Hypercalls: manager -> core, by VMCALL at CPL 0, registers only.
 *
 * RAX = number; arguments in RDI, RSI, RDX, R10, R8.
 * On return RAX = status (abi/status.h), RDX = value; every other register is unchanged.
 * HYPERCALL_VCPU_RUN alone differs: see below.
 */
enum hypercall {
    /* RDI = enum info_item, RSI = index where the item has one.  value = the item. */
    HYPERCALL_INFO = 0x00,

    /* RDI = frames of private memory the guest will be given, RSI = vCPUs.  value = partition id. */
    HYPERCALL_PARTITION_CREATE = 0x10,
    /* RDI = partition id.  No donation and no new vCPU after this; vCPUs can run. */
    HYPERCALL_PARTITION_SEAL = 0x11,
    /* RDI = partition id.  From now on only FRAME_RECLAIM is accepted for it. */
    HYPERCALL_PARTITION_DESTROY = 0x12,

    /* RDI = partition id, RSI = RIP, RDX = RSI at start, R10 = CR3 (guest-physical, page aligned).
     * value = vCPU id.  vCPUs are numbered in order of creation, which is their APIC id. */
    HYPERCALL_VCPU_CREATE = 0x20,
    /* See below. */
    HYPERCALL_VCPU_RUN = 0x21,
    /* RDI = vCPU id, RSI = vector (32 to 255, not 0x80).  If it runs on another CPU it takes it at once. */
    HYPERCALL_VCPU_INTERRUPT = 0x22,

    /* RDI = partition id, RSI = first gfn, RDX = first hfn, R10 = count (1 to FRAME_BATCH_MAX),
     * R8 = DONATE_* flags.  The frames leave the manager's address space for good. */
    HYPERCALL_FRAME_DONATE = 0x30,
    /* RDI = partition id in destruction.  RETRY until the sweep has passed the last frame. */
    HYPERCALL_FRAME_RECLAIM = 0x31,

    /* PCI functions are named segment * 65536 + bus * 256 + device * 8 + function; one stands for its whole group. */
    /* RDI = partition id (1: the manager), RSI = function.  Its DMA reaches the manager's memory, or what the guest shares,
     * at its guest addresses without the shared bit.  RETRY while it is being reset. */
    HYPERCALL_DEVICE_ASSIGN = 0x40,
    /* RDI = function.  It makes no more requests and has no more interrupts. */
    HYPERCALL_DEVICE_RELEASE = 0x41,
    /* RDI = function, RSI = offset, RDX = bytes (1, 2 or 4), or these + PCI_CONFIG_WRITE, R10 = value to write.
     * value = what was read.  Only the register Command can be written. */
    HYPERCALL_PCI_CONFIG = 0x50,
    /* RDI = function, RSI = number (0 for MSI, the entry for MSI-X), RDX = vector (32 to 255), R10 = index of the CPU.
     * The function's interrupt is delivered to the manager there. */
    HYPERCALL_IRQ_MAP = 0x60,
    /* RDI = function, RSI = number. */
    HYPERCALL_IRQ_UNMAP = 0x61,

    /* RDI = CPU number (1 to INFO_CPUS - 1), RSI = physical address, RDX = value.  The manager begins on that
     * CPU too: there as it began on CPU 0 (abi/boot_info.h), with EBX = the value.  Once for each CPU. */
    HYPERCALL_CPU_START = 0x70,

    /* RDI = enum power_action.  Does not return: every guest is destroyed and scrubbed first. */
    HYPERCALL_POWER = 0x80,

    /* RDI = sequence number of a record, RSI = word of it (abi/audit.h).  value = the word. */
    HYPERCALL_AUDIT_READ = 0x90,
};

enum info_item {
    INFO_ABI_VERSION = 0,
    INFO_TSC_KHZ = 1,
    INFO_CPUS = 2,          /* CPUs that can run partitions */
    INFO_AUDIT_NEXT = 3,    /* sequence number the next audit record will have */
    INFO_SHARED_BIT = 4,    /* position of the shared bit in guest-physical addresses */
    INFO_FRAMES_LIMIT = 5,  /* first hfn above all RAM */
    INFO_PCI_FUNCTIONS = 6, /* PCI functions found at boot */
    INFO_PCI_FUNCTION = 7, /* by index: its name in bits 31:0, in bits 63:32 that of the first of its group */
    /* By function * 8 + base address register: where the manager sees it while somebody has the function, and its pages;
     * 0: it does not. */
    INFO_DEVICE_ADDRESS = 8,
    INFO_DEVICE_PAGES = 9,
};

#define ABI_VERSION 1u

/* Frames one FRAME_DONATE moves at most: the bound on work done under the ownership lock. */
#define FRAME_BATCH_MAX 32u

/* FRAME_DONATE: keep the contents (a kernel image); without it the frames arrive zeroed. */
#define DONATE_KEEP 1u

/* PCI_CONFIG: write. */
#define PCI_CONFIG_WRITE 0x100u

enum power_action { POWER_OFF = 0, POWER_RESET = 1 };

/*
 * HYPERCALL_VCPU_RUN enters a guest vCPU on this CPU until something needs the manager.
 *
 * In:  RAX = number, RCX = vCPU id, RBP = time slice in TSC ticks (0: the core's own bound; at least 2,000 are given).
 *      When the last run ended in RUN_GUEST_CALL: the reply, in the registers the guest named
 *      (R10 = TDVMCALL status, R11 = value, ...).
 * Out: RAX = status, RCX = enum run_exit in bits 7:0 and the mask of disclosed registers
 *      in bits 31:16 (bit 16 + n: register number n as in TDVMCALL's RCX).
 *      RBX RDX RSI RDI R8-R15: what the guest disclosed, zero where it disclosed nothing; for the
 *      other exits RDX and RSI as said in abi/run_exit.h.
 *      RBP and RSP are unchanged.
 */
#define RUN_EXIT_KIND_MASK       0xffu
#define RUN_EXIT_REGISTERS_SHIFT 16u

#endif
