/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EPT_EPT_FLUSH_H
#define EPT_EPT_FLUSH_H

#include <stdint.h>

#include "lib/limits.h"

/*
 * The synchronous shootdown of EPT translations.
 *
 * Each partition has a flush epoch; each CPU knows, per partition, the epoch up to which it has
 * flushed.  A CPU says which partition it is in before it looks at the epoch, and the initiator raises the epoch
 * before it looks who is in: so either the initiator sees the CPU and interrupts it, or the CPU sees the
 * new epoch and flushes before it enters.
 */
#define EPT_FLUSH_NOWHERE PARTITIONS_MAX

/* No CPU is inside of any partition. */
void ept_flush_init(void);

/* For vmx/, without the lock: */

/* This CPU (`cpu`) is about to enter `partition`: call before every VM entry, after the last use of the
 * lock.  Flushes if need be.  What decides whether the vCPU may run (partition_runs()) is to be asked after this. */
void ept_flush_enter(uint32_t cpu, uint32_t partition);
/* This CPU has left: call first thing after a VM exit, before the ownership lock is asked for.  After it
 * no window on the partition's memory may be opened without that lock. */
void ept_flush_leave(uint32_t cpu);
/* Call from the NMI handler and on an exit by NMI, in any state. */
void ept_flush_acknowledge(uint32_t cpu);

/* For isolation/, under the ownership lock: */

/* No CPU holds a translation of `partition` that its EPT does not hold.  Returns after every CPU inside
 * has acknowledged.  The partition's EPT has a root. */
void ept_flush_cpus(uint32_t partition);
/* Every CPU will flush all translations before it enters `partition` (a slot, a root is used again). */
void ept_flush_renew(uint32_t partition);

#endif
