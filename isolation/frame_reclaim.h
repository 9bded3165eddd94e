/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_FRAME_RECLAIM_H
#define ISOLATION_FRAME_RECLAIM_H

#include <stdint.h>

#include "isolation/audit.h"
#include "isolation/device_act.h"
#include "isolation/life.h"

/*@ // No device's requests see the domain of partition v.
    predicate seen_by_none{L}(integer v) = \forall integer g; is_group(g) ==> \at(dma_of[g],L) != v;
    predicate devices_gone{L}(integer id) = known{L}(id) ==>
      \at(partitions[id % PARTITIONS_MAX].state,L) == PARTITION_DESTROYING ==> seen_by_none{L}(id % PARTITIONS_MAX);
*/

/*
 * The hypercall FRAME_RECLAIM (abi/hypercall.h): takes the frames of a partition in DESTROYING back to the manager,
 * scrubbed, by a sweep of the partition's own tables.  The cursor is the core's.  Each call passes at most one table and scrubs
 * at most FRAME_BATCH_MAX frames.  Under the ownership lock, under which the caller has released its devices: where devices' tables are
 * the EPT's own, none goes while a function's requests see it.
 *
 *   RETRY           call again
 *   OK              all frames are the manager's, the id is freed
 *   INVALID    RDI  no such partition
 *   BAD_STATE  RDI  it is not DESTROYING
 *   BUSY       RDI  a vCPU of it is not gone yet: PARTITION_DESTROY is still at work on another CPU
 */
/*@ requires core_inv;
    requires domain: devices_gone(id);
    assigns frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1], audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: core_inv;
*/
uint64_t frame_reclaim(uint64_t id);

#endif
