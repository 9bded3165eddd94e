/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_DMA_H
#define ARCH_X86_64_DMA_H

/* The two ISA DMA controllers.  Source: Intel 8237A datasheet, "Register Description". */

/* Mask every channel of both and disable both.  Harmless where there are none. */
void dma_silence(void);

#endif
