/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/dma.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/port.h"

enum dma_value { DMA_MASK_ALL = 0x0f, DMA_COMMAND_DISABLE = 0x04 };

void dma_silence(void)
{
    insn_outb(PORT_DMA1_MASK_ALL, DMA_MASK_ALL);
    insn_outb(PORT_DMA2_MASK_ALL, DMA_MASK_ALL);
    insn_outb(PORT_DMA1_COMMAND, DMA_COMMAND_DISABLE);
    insn_outb(PORT_DMA2_COMMAND, DMA_COMMAND_DISABLE);
}
