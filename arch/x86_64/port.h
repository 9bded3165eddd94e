/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_PORT_H
#define ARCH_X86_64_PORT_H

/*
 * I/O ports of the machine that the core keeps.  Ports are granted one by one (vmx/ I/O bitmaps start from
 * all-intercepted), so this list grants nothing and denies nothing: it says which ports must never be granted
 * to anyone, and why.  The ports the firmware's tables name (PM1 control, SLEEP_CONTROL, SMI_CMD, the reset
 * register) belong here too; arch/x86_64/power.c learns them at boot.
 * Source: Intel 500 Series PCH Datasheet Vol. 2, "Fixed I/O Address Ranges"; PC/AT tradition.
 */
enum port {
    PORT_DMA1_COMMAND =
        0x08, /* ISA DMA writes RAM behind every page table: 0x00-0x1f, 0x80-0x9f, 0xc0-0xdf */
    PORT_DMA1_MASTER_CLEAR = 0x0d,
    PORT_DMA1_MASK_ALL = 0x0f,
    PORT_PIC1_COMMAND = 0x20,
    PORT_PIC1_DATA = 0x21,
    PORT_PIT_CHANNEL0 = 0x40,
    PORT_PIT_CHANNEL2 = 0x42,
    PORT_PIT_MODE = 0x43,
    PORT_NMI_STATUS = 0x61,       /* speaker, PIT channel 2 gate, SERR and IOCHK NMIs */
    PORT_KEYBOARD_COMMAND = 0x64, /* 0xfe resets the machine; also the A20 gate */
    PORT_RTC_INDEX = 0x70,        /* bit 7 gates NMI */
    PORT_RTC_DATA = 0x71,
    PORT_SYSTEM_CONTROL_A = 0x92, /* bit 0 resets the CPU, bit 1 is the A20 gate */
    PORT_PIC2_COMMAND = 0xa0,
    PORT_PIC2_DATA = 0xa1,
    PORT_APM_CONTROL = 0xb2, /* raises an SMI: so does SMI_CMD, wherever the FADT puts it */
    PORT_DMA2_COMMAND = 0xd0,
    PORT_DMA2_MASTER_CLEAR = 0xda,
    PORT_DMA2_MASK_ALL = 0xde,
    PORT_ELCR1 = 0x4d0,
    PORT_ELCR2 = 0x4d1,
    PORT_PCI_CONFIG_ADDRESS = 0xcf8, /* 0xcf8-0xcff: config space of every function */
    PORT_RESET_CONTROL = 0xcf9,
    PORT_PCI_CONFIG_DATA = 0xcfc,
};

#endif
