/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/pic.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/port.h"

enum pic_word {
    ICW1_NEEDS_ICW4 = 0x01,
    ICW1_INITIALISE = 0x10,
    ICW3_CASCADE_INPUT = 0x04, /* of the first: the second is at input 2 */
    ICW3_CASCADE_IDENTITY = 0x02,
    ICW4_8086 = 0x01,
    OCW1_MASK_ALL = 0xff,
};

enum pic_vector { PIC1_FIRST_VECTOR = 0x20, PIC2_FIRST_VECTOR = 0x28 };

enum nmi_bits {
    NMI_STATUS_SPEAKER_BITS = 0x03,
    NMI_STATUS_SERR_OFF = 0x04,
    NMI_STATUS_IOCHK_OFF = 0x08,
    RTC_NMI_OFF = 0x80,
    RTC_STATUS_D = 0x0d, /* a register whose reading does nothing */
};

static void initialise(uint16_t command, uint16_t data, uint8_t vector, uint8_t cascade)
{
    insn_outb(command, ICW1_INITIALISE | ICW1_NEEDS_ICW4);
    insn_outb(data, vector);
    insn_outb(data, cascade);
    insn_outb(data, ICW4_8086);
    insn_outb(data, OCW1_MASK_ALL);
}

void pic_silence(void)
{
    insn_outb(PORT_PIC1_DATA, OCW1_MASK_ALL);
    insn_outb(PORT_PIC2_DATA, OCW1_MASK_ALL);
    initialise(PORT_PIC1_COMMAND, PORT_PIC1_DATA, PIC1_FIRST_VECTOR, ICW3_CASCADE_INPUT);
    initialise(PORT_PIC2_COMMAND, PORT_PIC2_DATA, PIC2_FIRST_VECTOR, ICW3_CASCADE_IDENTITY);
}

void pic_silence_nmi(void)
{
    const uint8_t speaker = insn_inb(PORT_NMI_STATUS) & NMI_STATUS_SPEAKER_BITS;

    insn_outb(PORT_NMI_STATUS, speaker | NMI_STATUS_SERR_OFF | NMI_STATUS_IOCHK_OFF);
    insn_outb(PORT_RTC_INDEX, RTC_NMI_OFF | RTC_STATUS_D);
    /* The RTC wants every index to be followed by an access. */
    (void)insn_inb(PORT_RTC_DATA);
}
