/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_PIC_H
#define ARCH_X86_64_PIC_H

/* The pair of 8259A interrupt controllers, and the other sources of legacy interrupts.
 * Source: Intel 8259A datasheet, "Programming the 8259A"; Intel 500 Series PCH Datasheet Vol. 2,
 * "NMI Status and Control", "NMI Enable and Real Time Clock Index". */

/* Initialise both 8259As to vectors 0x20-0x2f, away from the exceptions, and mask all their inputs.
 * Harmless where there are none. */
void pic_silence(void);

/* Gate off the chipset's own NMIs (SERR, IOCHK, the RTC's NMI gate): the NMIs that are left are the core's. */
void pic_silence_nmi(void);

#endif
