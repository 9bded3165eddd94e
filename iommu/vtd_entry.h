/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOMMU_VTD_ENTRY_H
#define IOMMU_VTD_ENTRY_H

#include <stdint.h>

#include "lib/addr.h"

/*
 * What a unit reads from memory, two quadwords each, by arithmetic only as ept/ept_entry.h.
 * Source: Intel VT-d Architecture Specification 4.1, "Root Entry", "Context Entry", "Interrupt Remapping Table
 * Entry (IRTE) for Remapped Interrupts", "Invalidation Descriptors".
 */
struct vtd_entry {
    uint64_t low;
    uint64_t high;
};
_Static_assert(sizeof(struct vtd_entry) == 16, "every structure a unit reads has 128 bits");

#define VTD_ENTRIES 256u

/* One frame of them: a root table (by bus), a context table (by device * 8 + function), an interrupt
 * remapping table, an invalidation queue. */
struct vtd_page {
    _Alignas(4096) struct vtd_entry entry[VTD_ENTRIES];
};
_Static_assert(sizeof(struct vtd_page) == FRAME_SIZE, "a page of entries is a frame");

#define VTD_PRESENT 1u

/* Context entry: translate untranslated requests only (TT 0: translation requests of devices are refused). */
#define VTD_CONTEXT_DOMAIN 256u /* times the domain, in the upper quadword */
enum vtd_context_width { VTD_CONTEXT_AW_39 = 1, VTD_CONTEXT_AW_48 = 2 };

/* Interrupt remapping entry, lower quadword: fixed delivery (0), edge or as the request says. */
#define VTD_IRTE_VECTOR 0x10000ull     /* times the vector */
#define VTD_IRTE_APIC   0x100000000ull /* times the destination: an x2APIC id in extended mode */
/* ... else an xAPIC id, in bits 47:40. */
#define VTD_IRTE_XAPIC 0x10000000000ull
/* Upper quadword: the source id, all 16 bits of it checked (SVT 1, SQ 0). */
#define VTD_IRTE_SVT_SOURCE 0x40000ull

/* Invalidation descriptors. */
enum vtd_descriptor {
    VTD_INVALIDATE_CONTEXTS = 1 + 1 * 16, /* all */
    VTD_INVALIDATE_IOTLB = 2 + 1 * 16,    /* all */
    VTD_INVALIDATE_IOTLB_DOMAIN = 2 + 2 * 16,
    VTD_INVALIDATE_INTERRUPTS = 4, /* all */
    VTD_INVALIDATE_WAIT = 5,
    VTD_IOTLB_DRAIN_WRITES = 1 << 6,
    VTD_IOTLB_DRAIN_READS = 1 << 7,
    VTD_WAIT_STATUS_WRITE = 1 << 5,
};
#define VTD_IOTLB_DOMAIN 0x10000ull     /* times the domain */
#define VTD_WAIT_STATUS  0x100000000ull /* times the value to write */

#endif
