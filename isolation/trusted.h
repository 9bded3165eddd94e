/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_TRUSTED_H
#define ISOLATION_TRUSTED_H

/*
 * What the proofs take on trust of code they do not see: contracts of hardware and of the lock.  proofs/prove.sh lists
 * them; tests/unit/isolation_test.c tests the shootdown.  Nothing here is compiled into the core.
 */
#ifdef __FRAMAC__
#include "isolation/life.h"

/* isolation/lock.c.  Between release and now the other CPUs may have done anything that keeps the invariant: this
 * contract is the model of concurrency. */
/*@ requires free: held == 0;
    assigns held, frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures held == 1 && core_inv;
*/
void lock_acquire(void);
/*@ requires held: held == 1;
    requires inv: core_inv;
    assigns held;
    ensures held == 0;
*/
void lock_release(void);

/* ept/ept_flush.c: no CPU holds a dead translation of the partition any more; its devices may (2), as they walk the
 * same tables (iommu/vtd_domain.h). */
/*@ requires is_partition(partition) && has_root(2 * partition);
    assigns cpu_stale[0 .. FRAMES_MAX - 1];
    ensures \forall integer p, v; 0 <= p < FRAMES_MAX ==> in_set(v) ==>
      cpu_stale[p].of[v] == (v == partition ? (\old(cpu_stale[p].of[v]) == 0 ? 0 : 2) : \old(cpu_stale[p].of[v]));
*/
void ept_flush_cpus(uint32_t partition);

/* ept/ept_flush.c: changes no table and no translation, but that every CPU flushes before it enters. */
/*@ assigns \nothing; */
void ept_flush_renew(uint32_t partition);
/*@ assigns \nothing; */
void ept_flush_init(void);

/* iommu/iommu_flush.c: nor does a device of the partition, where its CPUs do not. */
/*@ requires is_partition(partition);
    assigns cpu_stale[0 .. FRAMES_MAX - 1];
    ensures \forall integer p, v; 0 <= p < FRAMES_MAX ==> in_set(v) ==>
      cpu_stale[p].of[v] == (v == partition && \old(cpu_stale[p].of[v]) == 2 ? 0 : \old(cpu_stale[p].of[v]));
*/
void iommu_flush_partition(uint32_t partition);

/* arch/x86_64/window.c: zeroes the frame.  Whoever can still write to it may have done so again meanwhile. */
/*@ requires frame < frame_limit;
    assigns residue[frame].of[0 .. PARTITIONS_MAX - 1];
    ensures \forall integer v; in_set(v) ==> holder{Pre}(v, frame) ==> residue[frame].of[v] == \old(residue[frame].of[v]);
    ensures \forall integer v; in_set(v) ==> !holder{Pre}(v, frame) ==> residue[frame].of[v] == 0;
*/
void window_scrub(hfn_t frame);

#endif
#endif
