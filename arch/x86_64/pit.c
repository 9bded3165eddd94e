/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/pit.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/port.h"

/* Mode 0, both bytes of the count: after this the channel waits for its count. */
enum pit_mode { PIT_CHANNEL0_MODE0 = 0x30, PIT_CHANNEL2_MODE0 = 0xb0 };

enum pit_gate { PIT_GATE2 = 0x01, PIT_OUT2 = 0x20, PIT_NMI_BITS = 0x0c };

static void set_gate(uint8_t gate)
{
    const uint8_t nmi = insn_inb(PORT_NMI_STATUS) & PIT_NMI_BITS;

    insn_outb(PORT_NMI_STATUS, nmi | gate);
}

void pit_prepare(uint16_t counts)
{
    set_gate(PIT_GATE2);
    insn_outb(PORT_PIT_MODE, PIT_CHANNEL2_MODE0);
    insn_outb(PORT_PIT_CHANNEL2, (uint8_t)counts);
}

void pit_start(uint16_t counts)
{
    insn_outb(PORT_PIT_CHANNEL2, (uint8_t)(counts >> 8));
}

bool pit_done(void)
{
    return (insn_inb(PORT_NMI_STATUS) & PIT_OUT2) != 0;
}

void pit_silence(void)
{
    /* A channel in mode 0 that was given no count does not count. */
    insn_outb(PORT_PIT_MODE, PIT_CHANNEL0_MODE0);
    insn_outb(PORT_PIT_MODE, PIT_CHANNEL2_MODE0);
    set_gate(0);
}
