/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_ASSIGNED_H
#define DEVICES_ASSIGNED_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/host.h"
#include "devices/pci_function.h"
#include "devices/virtio_msix.h"

/*
 * A PCI function of the real machine that the guest was assigned, as the guest sees it.  Its identity is the real one and
 * accesses to its registers are passed on.  Base addresses (all of 32 bits), Command and MSI-X are modelled: the real ones
 * are the core's.  MSI-X has a BAR of its own, the last that the function has no use for; other capabilities are not shown.
 */
enum {
    ASSIGNED_INTERRUPTS_MAX = VIRTIO_MSIX_VECTORS_MAX, /* of MSI-X; the guest is shown no more */
    ASSIGNED_PAGE_BYTES = 4096,
    ASSIGNED_PAGES_MAX = 512, /* of a BAR */
    ASSIGNED_PAGES_OF_WORD = 64,
};

struct assigned_bar {
    uint64_t address; /* what host_device_read() takes, of the first register; page aligned */
    uint32_t bytes;   /* a power of two, a page or more; 0: no such BAR */
};

struct assigned_config {
    uint32_t name; /* as in abi/hypercall.h */
    struct pci_identity identity;
    struct assigned_bar bars[PCI_BARS];
    unsigned interrupts; /* of its MSI-X; 0: it has none */
};

struct assigned {
    struct guest *guest;
    uint32_t name;
    struct pci_function function;
    struct assigned_bar bars[PCI_BARS];
    unsigned msix_bar;
    uint8_t msix_capability;
    struct virtio_msix msix;
    bool cut_off; /* by the core: it answers nothing any more */
    /* Pages that the core does not map, as was seen: they read as ones and are not tried again, as each try is a record in
     * the core's audit log, and the guest could fill it. */
    uint64_t denied[PCI_BARS][ASSIGNED_PAGES_MAX / ASSIGNED_PAGES_OF_WORD];
};

/* NULL where a guest can be shown the function in `slice_bytes` bytes of its addresses; else why not, a plain sentence. */
const char *assigned_refusal(const struct assigned_config *config, uint32_t slice_bytes);

/* One without refusal, with its BARs at guest-physical `slice`, which is aligned to its size.  It is not bus master. */
void assigned_init(struct assigned *device, struct guest *guest, const struct assigned_config *config,
                   uint32_t slice);

/* How many messages of MSI-X it has in the guest's eyes: interrupts 0 to this - 1 are to be told to assigned_interrupt(). */
unsigned assigned_interrupts(const struct assigned_config *config);

/* A guest's accesses: rules as for virtio_pci_config_read(), virtio_pci_bar_read() and so on. */
uint32_t assigned_config_read(const struct assigned *device, unsigned offset, unsigned size);
void assigned_config_write(struct assigned *device, unsigned offset, unsigned size, uint32_t value);
uint64_t assigned_bar_read(struct assigned *device, unsigned bar, uint32_t offset, unsigned size);
void assigned_bar_write(struct assigned *device, unsigned bar, uint32_t offset, unsigned size,
                        uint64_t value);

/* A memory access of the real function was denied: its driver finds that in Status, as on a real bus. */
void assigned_fault(struct assigned *device);

/* The core cut the real function off: to the guest it is as if it had been pulled out, which drivers know. */
void assigned_cut_off(struct assigned *device);

/* The real function sent message `number`; any other number is ignored. */
void assigned_interrupt(struct assigned *device, unsigned number);

#endif
