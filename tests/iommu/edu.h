/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_IOMMU_EDU_H
#define TESTS_IOMMU_EDU_H

#include <stdbool.h>
#include <stdint.h>

/* QEMU's "edu" device: a buffer, a DMA engine, an MSI.  Source: QEMU documentation, "EDU device". */
struct edu {
    void *registers;
    uint32_t index;  /* in pci_machine */
    uint16_t source; /* bus * 256 + device * 8 + function */
};

/* Find it and enable its registers, not its bus mastering. */
bool edu_find(struct edu *edu);
/* Bus mastering, in its Command register. */
void edu_master(const struct edu *edu, bool on);

/* Copy `bytes` between bus address `address` and the device's buffer.  Returns when the device says it is done. */
void edu_read_memory(const struct edu *edu, uint64_t address, uint32_t bytes);
void edu_write_memory(const struct edu *edu, uint64_t address, uint32_t bytes);
/* The same without waiting, and the wait. */
void edu_start_write(const struct edu *edu, uint64_t address, uint32_t bytes);
void edu_wait(const struct edu *edu);

/* Send the MSI `data` to `address`. */
void edu_message(const struct edu *edu, uint32_t address, uint16_t data);
/* Send its MSI as it is set up. */
void edu_raise(const struct edu *edu);

#endif
