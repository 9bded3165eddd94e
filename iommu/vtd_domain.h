/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOMMU_VTD_DOMAIN_H
#define IOMMU_VTD_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu/vtd_links.h"
#include "lib/addr.h"
#include "lib/limits.h"

/*
 * The tables that a partition's devices walk are those of its EPT: a device reaches nothing that its partition does not,
 * and donate, share, unshare and reclaim have one place to write.
 *
 *   the manager's   its EPT's root, or the table below it on a unit of three levels
 *   a guest's       the half of its EPT with the shared bit, without the bit: a root and a table of the domain's
 *                   own hold copies of the links there (iommu/vtd_links.h), so a device reaches what the guest shares, at its guest address
 *
 * Either reaches the lowest 512 GiB with three levels; a guest's domain ends there with four, too.  An EPT entry is a
 * second-stage entry with the same rights: bits 0, 1 and 7 mean the same, bit 2 is ignored or means execution, bits 6:3
 * are ignored in legacy mode, bit 11 (SNP, which some units reserve) is 0.  Under the ownership lock, or at boot.
 * Source: Intel VT-d Architecture Specification 4.1, "Second-Stage Paging Entries"; Intel SDM Vol. 3C, "EPT Translation Mechanism".
 */
#define VTD_DOMAINS_MAX VTD_LINKS_MAX /* partitions that have devices at a time */

/* At boot: the shared bit as a number of guest frames. */
void vtd_domain_init(gfn_t shared_bit);

/* Where a unit of `levels` (3 or 4) starts to walk for `partition`, whose domain has one source more from now on; a
 * physical address.  0, and nothing has changed: it has no EPT, its tables do not begin below 512 GiB, or too many
 * partitions have domains. */
uint64_t vtd_domain_join(uint32_t partition, uint32_t levels);
/* One source less; after the last the domain is gone.  No unit names its tables in place of that source any more. */
void vtd_domain_leave(uint32_t partition);

/* Has the partition a domain? */
bool vtd_domain_exists(uint32_t partition);
bool vtd_domain_any(void);
/* The EPT of `partition`, which has a domain, may have got new tables. */
void vtd_domain_follow(uint32_t partition);

#endif
